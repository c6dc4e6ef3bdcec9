"""A Flask app that leads on by whole addresses: python flask_app.py PORT."""

import sys

from flask import Flask, redirect, url_for

app = Flask(__name__)


@app.get("/")
def start():
    return redirect(url_for("there", _external=True))


@app.get("/there")
def there():
    return "<!doctype html><title>Flask</title><h1>You are there</h1>"


app.run(port=int(sys.argv[1]))
