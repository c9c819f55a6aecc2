"""The desk: pages for marketers over what is published. Needs the extra ``desk``.

What decides who may see what, and what is read, needs no Streamlit and is tested without it:
``roles``, ``users``, ``devices``, ``delays``, ``sessions``, ``reading``, ``words``, ``formats``,
``metrics``.
"""
