"""Who receives what: subscriptions, their endpoints, double opt-in and one-click unsubscribe."""
