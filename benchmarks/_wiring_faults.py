# ruff: noqa: E501 - a table: one fault a line
"""The faults that benchmarks/mutate.py puts into the wiring, one at a time. Not a benchmark.

Law: each names a text that stands exactly once in its file, and what is put there is Python that does something else.
"""

from typing import NamedTuple

SETTINGS = "tests/journeys/test_every_setting.py"
SETTING = "test_a_setting_changes_what_it_names_and_a_circumstance_nothing"
ROUNDS = "tests/journeys/test_rounds.py"


class Fault(NamedTuple):
    """One fault: its name, the file, the text that stands there, the text put in its place, and the tests run first.

    Of these, single tests (FILE::NAME) run before whole files.
    """

    name: str
    path: str
    old: str
    new: str
    tests: tuple[str, ...] = (SETTINGS, "tests/journeys/test_run.py")

    def applied(self, text: str) -> str:
        """Return the file's text with the fault in it.

        Raises:
            ValueError: when the old text does not stand there exactly once.
        """
        if text.count(self.old) != 1:
            raise ValueError(f"{self.name}: {self.old!r} stands {text.count(self.old)} times in {self.path}, not once")
        return text.replace(self.old, self.new)


def leaf(*names: str) -> tuple[str, ...]:
    """Return the journeys of settings by which a fault of the loop shows soonest, then all of its tests."""
    return (*(f"{SETTINGS}::{SETTING}[{name}]" for name in names), *LOOP_TESTS)


def rounds(name: str) -> tuple[str, ...]:
    """Return the journey of rounds by which a fault of the loop shows soonest, then all of its tests."""
    return (f"{ROUNDS}::{name}", *LOOP_TESTS)


def among(file: str, name: str) -> tuple[str, ...]:
    """Return one test of a file, then that file and the settings."""
    return (f"{file}::{name}", file, SETTINGS)


LOOP, TRAIN, WHOLE = "flows/loop/loop.py", "flows/loop/training.py", "flows/orchestration/whole.py"
COMMANDS = ("tests/journeys/test_commands.py", "tests/journeys/test_endpoints.py")
RUNS = ("tests/journeys/test_run.py", "tests/flows/orchestration")
DEPLOYED = ("tests/journeys/test_deploy.py",)
GENERATED = ("tests/journeys/test_commands.py::test_generate_obeys_each_of_its_options", *COMMANDS)
IMPORTED = ("tests/journeys/test_commands.py::test_import_obeys_each_of_its_options", *COMMANDS)
FOLDER = ("tests/journeys/test_commands.py::test_measure_obeys_its_options_for_a_folder", *COMMANDS)
STARTS = "tests/journeys/test_starts.py"
AUDITED = ("tests/flows/judging/test_audit.py",)
APPEALED = ("tests/flows/judging/test_appeals.py",)
MEASURED = "tests/journeys/test_measuring.py"
LEAKS = ("tests/flows/stages/test_leaks.py",)
POOL = ("tests/pipeline/workers/test_pool.py",)
HTTP = ("tests/trainer/samplers/test_http.py",)
ASKED = ("tests/filters/test_measure.py",)
CONFIGS = ("tests/journeys/test_run.py",)
LOOP_TESTS = ("tests/flows/loop", ROUNDS, SETTINGS)
DIAGNOSIS = (f"{SETTINGS}::test_the_diagnosis_and_the_plan_are_those_of_the_config", *LOOP_TESTS)
PLAN = ("tests/flows/loop/test_plan.py", *LOOP_TESTS)
GRPO = "tests/trainer/test_grpo.py"
# fmt: off
FAULTS = (
    # the loop
    Fault("the cold start trains holes as other cells", LOOP, "config.holes.mass if cell in holes", "1.0 if cell in holes", leaf("cold_start.holes.mass")),
    Fault("holes are drawn without the seed", LOOP, 'uniform("hole", run.config.seed, *cell)', 'uniform("hole", 0, *cell)', ("tests/flows/loop/test_loop.py::test_holes_are_drawn_by_hash_at_most_one_a_family", *LOOP_TESTS)),
    Fault("the cold start's data ignores the seed", LOOP, 'derive("cold start", run.config.seed)', 'derive("cold start", 0)', rounds("test_every_set_has_the_seed_of_its_name_and_its_split")),
    Fault("the cold start's draws ignore the seed", LOOP, 'name=("cold start", run.config.seed)', 'name=("cold start", 0)', LOOP_TESTS),
    Fault("the cold start uses the default SFT", LOOP, "max_steps=config.steps, sft=config.sft)", "max_steps=config.steps)", leaf("cold_start.sft.lr")),
    Fault("a round's data ignores its number", LOOP, 'derive("round", run.config.seed, number)', 'derive("round", run.config.seed, 1)', rounds("test_every_set_has_the_seed_of_its_name_and_its_split")),
    Fault("a round's data ignores the seed", LOOP, 'derive("round", run.config.seed, number)', 'derive("round", 0, number)', rounds("test_every_set_has_the_seed_of_its_name_and_its_split")),
    Fault("a round generates for test", LOOP, 'wanted.items()}, split="train",', 'wanted.items()}, split="test",', LOOP_TESTS),
    Fault("every round starts at the cold start", LOOP, 'checkpoint = spec.run.root / turn["checkpoint_after"]', "checkpoint = spec.start", LOOP_TESTS),
    Fault("the first round alone is probed", LOOP, 'if not earlier or earlier[-1]["policy_probed"] != policy:', "if not earlier:", LOOP_TESTS),
    Fault("the diagnosis forgets earlier rounds", LOOP, 'histories_from_json(earlier[-1]["probe"]) if earlier else {}', "{}", LOOP_TESTS),
    Fault("the diagnosis uses default options", LOOP, "for cell in histories}, run.config.loop.weakness)", "for cell in histories}, type(run.config.loop.weakness)())", DIAGNOSIS),
    Fault("the diagnosis costs nothing", LOOP, "Diagnosed(diagnosis, histories, tokens / run.config.loop.price.sample_tokens_per_s, policy)", "Diagnosed(diagnosis, histories, 0.0, policy)", LOOP_TESTS),
    Fault("the probe reads test", LOOP, 'fixed_sets(run)["probe"])', 'fixed_sets(run)["test"])', LOOP_TESTS),
    Fault("probe draws are fixed", LOOP, "draws=run.config.measure.probe_draws", "draws=1", leaf("measure.probe_draws")),
    Fault("the curriculum never reaches GRPO", LOOP, 'curriculum=loop.curriculum if arm.mixture == "weakness" else None', "curriculum=None", leaf("loop.curriculum.name")),
    Fault("every arm gets the curriculum", LOOP, 'curriculum=loop.curriculum if arm.mixture == "weakness" else None', "curriculum=loop.curriculum", (f"{SETTINGS}::test_the_curriculum_moves_no_arm_but_the_weakness_arm", *LOOP_TESTS)),
    Fault("the optimiser's state is dropped between rounds", LOOP, "optimiser=_last_checkpoint(run, part.operator, earlier),", "optimiser=None,", rounds("test_an_optimiser_goes_on_from_the_last_round_of_its_operator")),
    Fault("an arm has another arm's draws", LOOP, 'name=("round", run.config.seed, arm.name, number, order)', 'name=("round", run.config.seed, number, order)', rounds("test_arms_alike_but_for_their_name_draw_apart_from_the_same_problems")),
    Fault("a round spends the whole budget on each operator", LOOP, "budget * part.share", "budget", rounds("test_a_round_ends_with_the_step_that_spends_its_budget")),
    Fault("the shares ignore what was achieved", LOOP, "past=_achieved(earlier, diagnosis)", "past=[]", DIAGNOSIS),
    Fault("a weakness arm is uniform", LOOP, 'if arm.mixture in ("uniform", "easy_to_hard"):', 'if arm.mixture in ("uniform", "easy_to_hard", "weakness"):', leaf("loop.arms.mixture")),
    Fault("the placebo is not permuted", LOOP, 'return mixture if arm.mixture == "weakness" else permuted(mixture, "placebo", run.config.seed, number)', "return mixture", PLAN),
    Fault("the easy-to-hard arm stands still", LOOP, "easy_to_hard({}, base, number - 1, schedule)", "easy_to_hard({}, base, 0, schedule)", PLAN),
    Fault("reinforcement alone leaves cells to imitation", LOOP, 'claims = None if arm.operator == "grpo" else operator', "claims = operator", PLAN),
    Fault("test is read with one draw", LOOP, "modes = [(1.0, run.config.measure.test_draws)]", "modes = [(1.0, 1)]", leaf("measure.test_draws")),
    Fault("test is never read greedily", LOOP, "([(0.0, 1)] if run.config.measure.greedy else [])", "[]", leaf("measure.greedy")),
    Fault("test's draws ignore the seed", LOOP, 'seed=derive("test", run.config.seed)', 'seed=derive("test", 0)', (f"{STARTS}::test_a_seed_names_the_draws_on_test", *LOOP_TESTS)),
    Fault("test is read by the start's policy", LOOP, 'turn["policy_after"] = read_test(run, path,', 'turn["policy_after"] = read_test(run, start,', rounds("test_test_is_read_of_every_round_by_the_policy_it_left_at_both_temperatures")),
    Fault("a round trains on fewer rows than told", LOOP, "allocate(run.config.loop.rows)", "allocate(len(run.config.all_cells()))", leaf("loop.rows")),
    # one stretch of training
    Fault("KL has no reference", TRAIN, "build_policy(run.config.policy, path=part.reference) if loop.grpo.losses.kl > 0 else None", "policy if loop.grpo.losses.kl > 0 else None", rounds("test_kl_holds_a_stretch_to_the_policy_it_starts_from")),
    Fault("GRPO runs with default options", TRAIN, "config=loop.grpo, steps=steps", "config=type(loop.grpo)(max_truncated=1), steps=steps", leaf("loop.grpo.lr")),
    Fault("SFT of a round runs with the cold start's options", TRAIN, "config=part.sft or loop.sft", "config=part.sft or run.config.cold_start.sft", leaf("loop.sft.lr")),
    Fault("GRPO's draws have no name", TRAIN, "config=loop.grpo, steps=steps, seed_name=part.name", "config=loop.grpo, steps=steps, seed_name=()", rounds("test_arms_alike_but_for_their_name_draw_apart_from_the_same_problems")),
    Fault("SFT's draws have no name", TRAIN, "seed_name=part.name, log=book.supervised", "seed_name=(), log=book.supervised", LOOP_TESTS),
    Fault("a stretch never ends by its budget", TRAIN, "return totals.steps >= until or (part.budget_s is not None and spent >= part.budget_s)", "return totals.steps >= until", leaf("loop.budget_s")),
    Fault("prices of GRPO and SFT are exchanged", TRAIN, 'price.sft_tokens_per_s if operator == "sft" else price.grpo_tokens_per_s', 'price.grpo_tokens_per_s if operator == "sft" else price.sft_tokens_per_s', leaf("loop.price.sft_tokens_per_s")),
    Fault("sampling is free", TRAIN, "totals.tokens_sampled / price.sample_tokens_per_s + totals.tokens_trained / rate", "totals.tokens_trained / rate", leaf("loop.price.sample_tokens_per_s")),
    Fault("a stopped stretch goes on without its optimiser", TRAIN, "state=state, optimiser=resume.optimiser)\n    outcome", "state=state, optimiser={})\n    outcome", (*LOOP_TESTS, "tests/flows/orchestration")),
    Fault("audited rates never correct a reward", TRAIN, "noise=(lambda problem: rates[judged(problem)]) if rates else None", "noise=None", ("tests/flows/loop/test_corrected_training.py", *LOOP_TESTS)),
    Fault("the sampler is not the configured one", TRAIN, "sampler = build_sampler(run.config.sampler, policy)", "sampler = build_sampler(type(run.config.sampler)(), policy)", leaf("sampler.batch_rows")),
    Fault("exposures are not written", TRAIN, '("exposures", self._exposures)', '("exposures", [])', leaf("loop.curriculum.name")),
    Fault("training metrics are not written", TRAIN, '("metrics", self._metrics)', '("metrics", [])', leaf("sampler.batch_rows")),
    # the whole run, in process and under Prefect
    Fault("the arms start untrained", WHOLE, "specs = [_spec(run, arm.name, checkpoint)", "specs = [_spec(run, arm.name, run.root)", ("tests/journeys/test_rounds.py",)),
    Fault("every arm is the first", WHOLE, "if a.name == arm)", "if a.name == run.config.loop.arms[0].name)", RUNS),
    Fault("the last audit is left out", WHOLE, "audit_root(run.root, per_stratum=wanted, note=run.note).sampled if wanted else 0", "0", RUNS),
    Fault("the report is of another run", WHOLE, "return write_report(run.root, run.run_id)", "return write_report(run.root, None)", among("tests/flows/report/test_report.py", "test_a_run_ends_with_its_own_report")),
    Fault("Prefect's arms have no checkpoint", "flows/orchestration/flows.py", ".submit(bound, name, start)", '.submit(bound, name, "")', RUNS),
    Fault("Prefect runs one arm", "flows/orchestration/flows.py", "for name in names]", "for name in names[:1]]", RUNS),
    Fault("Prefect leaves out the audit", "flows/orchestration/flows.py", 'staged("audit", whole.audit)(bound)', "pass", RUNS),
    Fault("Prefect runs the default config", "flows/orchestration/flows.py", "RunConfig.model_validate(json.loads(config))", "run.config.model_copy(update={'seed': 0})", RUNS),
    Fault("a scheduled run ignores its minute", "flows/orchestration/scheduled.py", 'f"seed={due:%Y%m%d%H%M}"', '"seed=0"', DEPLOYED),
    Fault("a scheduled run drops its overrides", "flows/orchestration/scheduled.py", "[*overrides, f", "[f", DEPLOYED),
    Fault("a deployment drops its overrides", "flows/orchestration/deploy.py", "_absolute(overrides, loaded.data_dir)", "_absolute([], loaded.data_dir)", DEPLOYED),
    Fault("a run that lost its server fails", "flows/orchestration/flows.py", "if why := lost_api(error):", "if why := '':", ("tests/flows/orchestration/test_prefect.py",)),
    # stages
    Fault("sets are made for every seed alike", "flows/stages/publish.py", 'seed=derive("sets", run.config.seed)', 'seed=derive("sets", 0)', rounds("test_every_set_has_the_seed_of_its_name_and_its_split")),
    Fault("generation ignores the split", "flows/stages/generate.py", "split=split,", "split=None,", ("tests/flows/stages", SETTINGS)),
    Fault("generation ignores the seed", "flows/stages/generate.py", "seed=seed,", "seed=0,", ("tests/flows/stages", SETTINGS)),
    Fault("a config's rules are not run", "flows/stages/publish.py", "resolve((*run.config.sets.rules, *_held_out_rule(held_out)))", "resolve(_held_out_rule(held_out))", leaf("sets.rules")),
    Fault("scores ignore the temperature", "flows/stages/score.py", "run.config.protocol.protocol(temperature)", "run.config.protocol.protocol(1.0)", leaf("measure.greedy")),
    Fault("replies are never kept", "flows/stages/score.py", "keep_rollouts=run.config.measure.keep_rollouts", "keep_rollouts=0", leaf("measure.keep_rollouts")),
    Fault("a policy is always built from its seed 0", "flows/policies.py", "config.build(seed=seed)", "config.build(seed=0)", (f"{STARTS}::test_a_seed_makes_its_own_policy", *LOOP_TESTS)),
    Fault("a checkpoint is never loaded", "flows/policies.py", "load_policy(path) if path is not None else", "load_policy(path) if False else", leaf("cold_start.sft.lr", "loop.grpo.lr")),
    Fault("the usual key is looked for before ours", "flows/stages/measure.py", '("VERILOOP_API_KEY", "OPENAI_API_KEY")', '("OPENAI_API_KEY", "VERILOOP_API_KEY")', (f"{MEASURED}::test_every_option_reaches_the_endpoint", MEASURED)),
    Fault("an import's recipe forgets the licence", "flows/stages/imports.py", '"license": license_,', '"license": "",', IMPORTED),
    Fault("an import's recipe forgets what is declared", "flows/stages/imports.py", '"declared": declared.to_json(),\n        "rules"', '"declared": {},\n        "rules"', (f"{COMMANDS[0]}::test_import_declares_what_is_said_of_the_answers", *COMMANDS)),
    Fault("an imported row forgets its own split", "flows/stages/imports.py", "strictest(self.least, row.split), self.license", "self.least, self.license", LEAKS),
    Fault("an import trains on what is held out", "flows/stages/imports.py", "checks[problem.uid], held_out=known.places)", "checks[problem.uid])", LEAKS),
    Fault("an export shows what is held out by now", "flows/stages/exports.py", "held = held_out_in(root, version).places", "held: Mapping[str, str] = {}", LEAKS),
    Fault("generated counts lose their remainder", "flows/stages/publish.py", "count // len(regions) + (i < count % len(regions))", "count // len(regions)", ("tests/flows/stages/test_imports.py",)),
    Fault("generate ignores what is held out", "flows/stages/publish.py", "held_out = declared(store, [name])", "held_out = NOTHING", LEAKS),
    Fault("answers agree when one passes for the other", "flows/stages/curate.py", "return _passes(problem, turned) and _passes(turned, problem)", "return _passes(problem, turned)", ("tests/flows/stages/test_leaks.py",)),
    # the trainer
    Fault("the sampler keeps the old weights", "trainer/grpo.py", "run.collector.sampler.load(run.policy.state(), policy_name)", "run.collector.sampler.load(run.policy.state(), policy_name) if not state.step else None", among(GRPO, "test_the_sampler_gets_the_weights_of_every_step")),
    Fault("KL is always 0", "trainer/grpo.py", "reference=run.reference,", "reference=None,", among(GRPO, "test_kl_to_a_reference_holds_the_policy_back")),
    Fault("refilled groups repeat their draws", "trainer/grpo.py", 'name = (*run.name, "grpo", state.step, refills)', 'name = (*run.name, "grpo", state.step, 0)', (GRPO, "tests/trainer", SETTINGS)),
    Fault("dropped groups train", "trainer/grpo.py", "trained_N = kept_rows(batch.reward_N, batch.group_N, batch.truncated_N, kept_P, run.config.compose)", "trained_N = np.ones(len(batch.reward_N), dtype=bool)", leaf("loop.grpo.compose.name")),
    Fault("the curriculum sees nothing", "trainer/grpo.py", "_seen(run, state, batch, offsets), offsets,", "state.histories, offsets,", leaf("loop.curriculum.name")),
    Fault("GRPO's rate is the default", "trainer/grpo.py", "lr=config.lr, betas", "lr=2e-4, betas", leaf("loop.grpo.lr")),
    Fault("budget rounds repeat their draws", "trainer/collect.py", "self.protocol, int(drawn_P[p]))", "self.protocol, 0)", (GRPO, "tests/trainer", SETTINGS)),
    Fault("later rounds of a group count as its first", "trainer/collect.py", "first=round == 0", "first=True", (GRPO,)),
    Fault("gradients are never clipped", "trainer/update.py", "clip_grad_norm_(parameters, grad_clip)", 'clip_grad_norm_(parameters, float("inf"))', among("tests/trainer/test_update.py", "test_the_gradient_norm_is_clipped_and_reported_before_clipping")),
    Fault("the forward pass ignores the temperature", "trainer/update.py", "temperature=protocol.temperature,", "temperature=1.0,", ("tests/trainer/test_update.py", "tests/trainer")),
    Fault("SFT never warms up", "trainer/sft.py", "if step < config.warmup:", "if False:", among("tests/trainer/test_sft.py", "test_the_rate_warms_up_then_follows_its_schedule")),
    Fault("SFT repeats its first batch", "trainer/sft.py", '*seed_name, "sft", state.step, offset=state.offsets)', '*seed_name, "sft", 0)', ("tests/trainer/test_sft.py", "tests/flows/loop", SETTINGS)),
    Fault("steps in a row that were cut are forgotten by a stop", "trainer/train_state.py", 'truncated_streak=value["truncated_streak"],', "truncated_streak=0,", (GRPO,)),
    Fault("a Score of a cell counts later rounds of a group", "trainer/step_metrics.py", "decided_N = batch.first_N & ~np.isnan(batch.reward_N)", "decided_N = ~np.isnan(batch.reward_N)", (GRPO,)),
    # samplers
    Fault("the torch sampler ignores seeds", "trainer/samplers/torch.py", "np.array([unit.seed % 2**64 for unit in batch], dtype=np.uint64)", "np.array([0 for unit in batch], dtype=np.uint64)", ("tests/trainer/samplers",)),
    Fault("the torch sampler ignores draw indices", "trainer/samplers/torch.py", "np.arange(unit.first, unit.first + unit.n, dtype=np.uint64)", "np.arange(unit.n, dtype=np.uint64)", ("tests/trainer/samplers",)),
    Fault("the torch sampler ignores stop ids", "trainer/samplers/torch.py", "protocol.stop_ids or self._policy.end_ids", "self._policy.end_ids", ("tests/trainer/samplers",)),
    Fault("the torch sampler ignores the temperature", "trainer/samplers/torch.py", "logits_BV = logits_BV / protocol.temperature", "pass", ("tests/trainer/samplers",)),
    Fault("draws of a later call take the first places", "trainer/samplers/http.py", "at = call.first - call.request.first_draw", "at = 0", HTTP),
    Fault("pauses that an endpoint asks for are ignored", "trainer/samplers/http.py", "asked = min(answer.pause_s, MAX_PAUSE_S)", "asked = min(answer.pause_s, 0.0)", HTTP),
    Fault("a prompt that was refused is asked again", "trainer/samplers/http.py", "if why := asking.refused.get(call.place):", 'if why := "":', HTTP),
    # commands
    Fault("generate ignores its seed", "flows/commands/making.py", "count=count, seed=seed,", "count=count, seed=0,", GENERATED),
    Fault("generate ignores its region", "flows/commands/making.py", "region=region, note=note", "region=None, note=note", GENERATED),
    Fault("generate ignores its renderings", "flows/commands/making.py", "rendering=rendering,", "rendering=None,", GENERATED),
    Fault("import forgets that a file is held out", "flows/commands/making.py", "held_out=held_out, declared", "held_out=False, declared", IMPORTED),
    Fault("import forgets what is declared", "flows/commands/making.py", "declared=declared_by(declare or ()),", "declared={},", ("tests/journeys/test_commands.py::test_import_declares_what_is_said_of_the_answers", *COMMANDS)),
    Fault("import forgets the licence", "flows/commands/making.py", "license_=license_,", 'license_="unknown",', IMPORTED),
    Fault("export ignores its split", "flows/commands/versions.py", "layout=layout, split=split", 'layout=layout, split="train"', ("tests/journeys/test_commands.py::test_export_obeys_layout_and_split", *COMMANDS)),
    Fault("grade ignores what is declared", "flows/commands/judging.py", "declared = declared_by(declare or ())", "declared = declared_by(())", ("tests/journeys/test_commands.py::test_grade_obeys_each_of_its_options", *COMMANDS)),
    Fault("reverify never judges everything", "flows/commands/judging.py", "everything=everything", "everything=False", ("tests/journeys/test_commands.py::test_what_was_measured_is_audited_and_judged_again", *COMMANDS)),
    Fault("measure ignores its draws", "flows/commands/measuring.py", "draws=draws, limit=limit", "draws=8, limit=limit", FOLDER),
    Fault("measure ignores its limit", "flows/commands/measuring.py", "draws=draws, limit=limit", "draws=draws, limit=None", FOLDER),
    Fault("measure ignores its temperature", "flows/commands/measuring.py", "Protocol(max_prompt_tokens, max_completion_tokens, temperature,", "Protocol(max_prompt_tokens, max_completion_tokens, 1.0,", FOLDER),
    Fault("measure never is sequential", "flows/commands/measuring.py", 'design="sequential" if sequential else "fixed"', 'design="fixed"', FOLDER),
    Fault("measure ignores its band", "flows/commands/measuring.py", "note=note, band=band", "note=note, band=None", ("tests/journeys/test_endpoints.py::test_prices_make_a_cost_and_the_band_is_what_sequential_draws_stop_at", *COMMANDS)),
    Fault("measure reads no key", "flows/commands/measuring.py", "api_key_env, date, timeout_s", '"", date, timeout_s', ("tests/journeys/test_endpoints.py::test_the_key_is_read_from_the_variable_that_is_named_and_never_told", *COMMANDS)),
    Fault("measure ignores retries and concurrency", "flows/commands/measuring.py", "timeout_s, retries, concurrency", "timeout_s, 6, 32", ("tests/journeys/test_endpoints.py::test_calls_go_out_together_as_many_as_told_and_are_sent_again_as_often", *COMMANDS)),
    Fault("run drops its overrides", "flows/commands/running.py", "loaded = load_config(config, set_ or [])", "loaded = load_config(config, [])", ("tests/flows/commands", "tests/journeys/test_run.py")),
    Fault("deploy ignores its zone", "flows/commands/running.py", "timezone=timezone", 'timezone=""', DEPLOYED),
    Fault("deploy ignores its port", "flows/commands/running.py", "port=port", "port=None", DEPLOYED),
    Fault("deploy never catches up", "flows/commands/running.py", "catch_up=catch_up", "catch_up=False", DEPLOYED),
    Fault("families shows all whatever is named", "flows/commands/making.py", "rows = family_rows(chosen or ())", "rows = family_rows(())", ("tests/flows/inspection/test_installed.py",)),
    Fault("import ignores its timeout", "flows/commands/making.py", "timeout_s=timeout,", "timeout_s=20.0,", ("tests/flows/stages/test_hostile.py",)),
    Fault("grade ignores the id column", "flows/commands/judging.py", "Grading(gold, pred, type_, id_, declared,", "Grading(gold, pred, type_, None, declared,", (f"{COMMANDS[0]}::test_grade_obeys_each_of_its_options", *COMMANDS)),
    Fault("grade ignores its timeout", "flows/commands/judging.py", "workers or usual_workers(), timeout)", "workers or usual_workers(), 5.0)", (f"{COMMANDS[0]}::test_a_reply_that_takes_too_long_to_judge_is_undecided_and_several_are_a_failure", *COMMANDS)),
    Fault("strength keeps no executions", "flows/commands/judging.py", "limit=limit, keep=keep, workers=workers", "limit=limit, keep=None, workers=workers", (f"{COMMANDS[0]}::test_strength_obeys_each_of_its_options", *COMMANDS)),
    Fault("strength of nothing is no failure", "flows/commands/judging.py", "check_measured(file, rows)", "rows.clear()", ("tests/flows/telling/test_strength.py",)),
    Fault("audit of a version audits the root", "flows/commands/judging.py", "existing(root), ref=version,", "existing(root), ref=None,", (f"{COMMANDS[0]}::test_what_was_measured_is_audited_and_judged_again", *COMMANDS)),
    Fault("audit of a file ignores its type", "flows/commands/judging.py", "Grading(gold, pred, type_, declared=declared_by(declare or ()), workers=workers)", "Grading(gold, pred, None, declared=declared_by(declare or ()), workers=workers)", AUDITED),
    Fault("audit of a file ignores what is declared", "flows/commands/judging.py", "Grading(gold, pred, type_, declared=declared_by(declare or ()), workers=workers)", "Grading(gold, pred, type_, workers=workers)", AUDITED),
    Fault("audit puts every reject to the judge", "flows/commands/judging.py", "appeals=appeals, timeout_s=timeout_s", "appeals=1000, timeout_s=timeout_s", APPEALED),
    Fault("audit ignores its retries", "flows/commands/judging.py", "timeout_s=timeout_s, retries=retries, workers=workers", "timeout_s=timeout_s, retries=0, workers=workers", APPEALED),
    Fault("a judge in trouble is no failure", "flows/commands/judging.py", "if found.trouble is not None:", "if False:", APPEALED),
    Fault("a version that is not proven exits 0", "flows/commands/versions.py", '    if not proof["same_id"]:\n        raise', "    if False:\n        raise", (f"{COMMANDS[0]}::test_what_was_left_by_killed_questions_and_what_cannot_be_made_again_is_said", *COMMANDS)),
    Fault("diff is turned round", "flows/commands/versions.py", "compare(existing(root), a, b)", "compare(existing(root), b, a)", (f"{COMMANDS[0]}::test_versions_are_listed_shown_compared_explained_and_made_again", *COMMANDS)),
    Fault("gc forgets what killed questions left", "flows/commands/versions.py", "delete=delete, elsewhere=left_behind()", "delete=delete", (f"{COMMANDS[0]}::test_what_was_left_by_killed_questions_and_what_cannot_be_made_again_is_said", *COMMANDS)),
    Fault("measure exchanges the prices", "flows/commands/measuring.py", "measured.Prices(price_in, price_out)", "measured.Prices(price_out, price_in)", (f"{COMMANDS[1]}::test_prices_make_a_cost_and_the_band_is_what_sequential_draws_stop_at", *COMMANDS)),
    Fault("measure ignores its prompt limit", "flows/commands/measuring.py", "Protocol(max_prompt_tokens, max_completion_tokens,", "Protocol(8192, max_completion_tokens,", FOLDER),
    Fault("undecided rows of a graded file are no failure", "flows/commands/grade.py", "tally.check(path)", "tally.lines()", (f"{COMMANDS[0]}::test_a_reply_that_takes_too_long_to_judge_is_undecided_and_several_are_a_failure", *COMMANDS)),
    # the store
    Fault("a version forgets its inputs", "pipeline/store/store.py", "inputs=tuple(inputs),\n", "inputs=(),\n", ("tests/pipeline/store/test_store.py", "tests/flows/stages/test_leaks.py")),
    Fault("restored training drops other rounds' rows", "pipeline/store/ledger.py", 'beyond = beyond & (pc.field("round") == round)', "beyond = beyond & pc.scalar(True)", ("tests/pipeline/store/test_ledger.py", "tests/flows/loop")),
    Fault("a problem of test in one version counts as open", "pipeline/store/query.py", "CASE WHEN bool_or(split = 'test') THEN 'test' ELSE min(split) END AS split", "min(split) AS split", ("tests/pipeline/store/test_query.py", "tests/flows/judging/test_audit.py")),
    Fault("spilled rows come back after those that wait", "pipeline/store/spill.py", "pa.concat_tables([*stored, *self._waiting.pop(cell, [])])", "pa.concat_tables([*self._waiting.pop(cell, []), *stored])", ("tests/pipeline/store",)),
    Fault("pushed versions are public", "pipeline/store/hub.py", 'repo_type="dataset", private=private, exist_ok=True', 'repo_type="dataset", exist_ok=True', ("tests/pipeline/store/test_hub.py",)),
    # exchange and workers
    Fault("a question's own source is dropped", "pipeline/exchange/questions.py", 'source = str(found(record, columns.get("source", "")) or source)', "source = str(source)", IMPORTED),
    Fault("limits of exported programs are dropped", "pipeline/exchange/programs.py", '"limits": json.dumps(params.get("limits", {})),', '"limits": "{}",', ("tests/pipeline/exchange/test_programs.py",)),
    Fault("setup is not run before imported tests", "pipeline/exchange/programs.py", "around = Around(entry, setup, prelude, starter)\n        examples", 'around = Around(entry, "", prelude, starter)\n        examples', ("tests/pipeline/exchange/test_programs.py",)),
    Fault("workers have no memory limit", "pipeline/workers/pool.py", "self._hello = (bytes(pickled), tries, memory_mb)", "self._hello = (bytes(pickled), tries, None)", POOL),
    Fault("batches come back in another order", "pipeline/workers/items.py", "for batch in reversed(list(batches)) if batch.items", "for batch in list(batches) if batch.items", POOL),
    # filters
    Fault("draws under another protocol count", "filters/asker.py", '("protocol", self.protocol.hash),', '("purpose", self.purpose),', ASKED),
    Fault("select uses draws of other runs", "filters/asker.py", 'run = self.context.get("run", "") if self.purpose == "select" else None', "run = None", ASKED),
    Fault("draws of all purposes are the same", "filters/asker.py", 'derive("draw", self.seed, self.purpose, problem.uid)', 'derive("draw", self.seed, problem.uid)', ASKED),
    Fault("of duplicates the least strict split stays", "filters/rules/exact_duplicate.py", '-SPLITS.index(row["split"])', 'SPLITS.index(row["split"])', ("tests/filters/test_rules.py",)),
    # programs
    Fault("a built problem forgets its licence", "generators/build_pool.py", "rendering=rendering, license=job.license)", "rendering=rendering)", IMPORTED),
    Fault("kept executions ignore the limits", "generators/programs/executions.py", "named = [FORMAT, asdict(job), asdict(limits), level, python]", "named = [FORMAT, asdict(job), level, python]", ("tests/generators/programs/test_executions.py",)),
    Fault("what is declared of programs is not applied", "generators/programs/by_tests.py", "grade_program(declared_of(read_cases(rows), declared), reply", "grade_program(read_cases(rows), reply", ("tests/generators/programs", "tests/flows/judging/test_grading.py")),
    # configs
    Fault("the demo has no control", "flows/configs/demo.yaml", "    - {name: uniform, mixture: uniform, operator: grpo}\n", "", (f"{CONFIGS[0]}::test_the_demo_is_what_the_readme_says_it_is", *CONFIGS)),
    Fault("gpu.yaml samples with torch", "flows/configs/gpu.yaml", "sampler: {name: vllm}", "sampler: {name: torch}", (f"{CONFIGS[0]}::test_the_gpu_config_samples_with_vllm_in_words_and_a_chat_template", *CONFIGS)),
    Fault("gpu.yaml has no chat template", "flows/configs/gpu.yaml", ", template: chat}", "}", (f"{CONFIGS[0]}::test_the_gpu_config_samples_with_vllm_in_words_and_a_chat_template", *CONFIGS)),
)
