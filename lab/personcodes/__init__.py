"""The person code: off unless the network switches it on."""
