"""A module of the package: its name is what the app is made with."""
