"""When nobody acknowledges an alert: who is told, after how long. Off until a network declares it."""
