"""A Bokeh app: what its button does, the server does, over a web socket."""

from bokeh.io import curdoc
from bokeh.layouts import column
from bokeh.models import Button, Div

said = Div(text="Not pressed")
button = Button(label="Press")
button.on_click(lambda: setattr(said, "text", "The server heard it"))
curdoc().add_root(column(button, said))
