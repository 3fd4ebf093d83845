"""Looking back: what old plates may have held, now that the library has grown."""
