"""What works on this machine, what does not, and what to do: `utterkey doctor`.

- facts, judgement: what was found, and what it means (pure)
- collect: looks at everything once, in the order of the report
- desktop, sound, service: how the parts are looked at

Nothing here is left running or changed, and no secret is read into the facts. With an API key a session is begun and
ended at once, to see whether the service takes it.
"""
