"""Who answers a prompt? Our own torch decoding, the vLLM engine, or an endpoint; all give `Sampler`.

Samplers are interchangeable only where their log-probabilities agree with the trainer's.

Doors: `torch`, `vllm`, `http`: one an engine.
"""
