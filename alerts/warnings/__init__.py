"""Alerts of tiers T1 to T3: their life cycle, versions, approvals and what they rest on."""
