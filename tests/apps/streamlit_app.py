"""A Streamlit app that takes a file."""

import streamlit as st

sent = st.file_uploader("A file")
st.write(f"It has {len(sent.getvalue())} bytes" if sent else "No file yet")
