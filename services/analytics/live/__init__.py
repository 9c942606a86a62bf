"""Live windows: how many segments a minute, which cameras fell silent, how much is being destroyed.

They show, they never decide: nothing that deletes or permits reads them.
"""
