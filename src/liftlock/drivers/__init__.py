"""The world behind the ports: a folder for each port, a file for each technology."""
