"""What Streamlit runs, in a folder without ``pages``: beside one, it would serve each by itself."""
