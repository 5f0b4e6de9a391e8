# ruff: noqa: E501 - a table: one fault a line
"""More faults for benchmarks/mutate.py: those that an audit of the whole wiring put in and no test noticed then.

Laws and columns as in `_wiring_faults`; `FAULTS` is both tables.
"""

from benchmarks._wiring_faults import FAULTS as FIRST
from benchmarks._wiring_faults import Fault

REVERIFIED = "tests/flows/judging/test_reverify.py"
ASKED = "tests/filters/test_measure.py"
APPEALED = "tests/flows/judging/test_appeals.py"
EVIDENCE = "tests/flows/report/test_evidence.py"
REPORTED = "tests/flows/report/test_report.py"
PUBLISHED = "tests/flows/stages/test_publish.py"
HUB = "tests/pipeline/store/test_hub.py"
CONFIG = "tests/journeys/test_run.py"


def among(file: str, name: str) -> tuple[str, ...]:
    """Return one test of a file, then that file."""
    return (f"{file}::{name}", file)


# fmt: off
FAULTS = (
    *FIRST,
    Fault("witnesses judged by an earlier upgrade stand", "flows/judging/reverify_witnesses.py", "recipe, work.", "", among(REVERIFIED, "test_two_upgrades_are_each_judged_afresh_and_stand_side_by_side")),
    Fault("scores of one protocol replace another's", "filters/asker.py", ".policy_id, self.protocol.hash, self.purpose, self.desig", ".policy_id, self.purpose, self.desig", among(ASKED, "test_scores_of_one_protocol_never_replace_those_of_another")),
    Fault("replies left by one protocol serve another", "filters/asker.py", ".policy_id, self.protocol.hash, self.purpose, self.seed]", ".policy_id, self.purpose, self.seed]", among(ASKED, "test_replies_of_one_protocol_never_serve_another")),
    Fault("a half-graded file goes on under another verifier", "flows/judging/graded_file.py", 'ers": verifiers}', 'ers": {}}', among("tests/flows/judging/test_grading.py", "test_a_file_of_other_rows_or_other_ways_is_refused_and_left_alone")),
    Fault("rollouts of one upgrade replace another's", "flows/judging/reverify_rollouts.py", 'ify", work.verifiers, *table', 'ify", *table', among(REVERIFIED, "test_two_upgrades_are_each_judged_afresh_and_stand_side_by_side")),
    Fault("a name is left where it was when nothing is judged anew", "flows/judging/reverify.py", "    if publishes:\n        work.store.point(work.version.name, new)\n", "", among(REVERIFIED, "test_the_name_finds_what_was_judged_again_whatever_it_found_in_between")),
    Fault("one judge's rates replace another's", "flows/judging/audit.py", "sion, judge.name]))", 'sion, "appeals"]))', among(APPEALED, "test_overturned_appeals_feed_the_false_reject_rate_and_change_no_verdict")),
    Fault("judges at one model are one", "flows/commands/audit.py", "url.rstrip('/'), ", "", among(APPEALED, "test_two_judges_are_told_apart")),
    Fault("audit of a file ignores its total", "flows/commands/judging.py", "total=total, note", "total=0, note", among("tests/journeys/test_commands.py", "test_audit_of_a_file_obeys_its_options")),
    Fault("measure always samples with torch", "flows/commands/measuring.py", "(Any, sampler), cas", '(Any, "torch"), cas', among("tests/journeys/test_commands.py", "test_measure_obeys_its_options_for_a_folder")),
    Fault("problems to train on are scored to report", "flows/stages/measure.py", ' if problem.split == "test" else "select"', "", among("tests/flows/stages/test_measure.py", "test_problems_of_test_are_scored_to_report_and_others_to_select")),
    Fault("a proof leaves out what is held out since", "flows/inspection/regenerate.py", ", among=version.inputs", "", among("tests/flows/stages/test_leaks.py", "test_a_run_trains_on_nothing_that_was_declared_held_out")),
    Fault("measured seconds are priced ones", "flows/report/evidence.py", 'ord["cpu_s"].v', 'ord["cost_s"].v', among(EVIDENCE, "test_what_was_spent_at_fixed_prices_and_what_was_measured_are_told_apart")),
    Fault("spent seconds are measured ones", "flows/report/summary.py", "dence.spent_s(arm", "dence.measured_s(arm", among(EVIDENCE, "test_what_was_spent_at_fixed_prices_and_what_was_measured_are_told_apart")),
    Fault("curves of every run are one", "flows/report/queries.py", "WHERE {run} AND name I", "WHERE name I", among(REPORTED, "test_a_run_is_told_from_its_own_rows_alone")),
    Fault("groups of every run are counted", "flows/report/queries.py", 'osures WHERE {run}) "', 'osures) "', among(REPORTED, "test_a_run_is_told_from_its_own_rows_alone")),
    Fault("a run lasts until the root's last round", "flows/report/queries.py", ", run=evidence.run_id", "", among(REPORTED, "test_a_run_is_told_from_its_own_rows_alone")),
    Fault("every policy has the rates of all", "flows/report/noise.py", ", policy=policy", "", among("tests/flows/report/test_noise.py", "test_each_policy_has_its_own_rates")),
    Fault("the hint to measure forgets the template", "flows/telling/tell.py", ', "template"', "", among(REVERIFIED, "test_scores_with_unknown_draws_stay_stale_and_say_how_to_measure_them")),
    Fault("recovered replies are not told", "flows/telling/measured.py", "tally.recovered", "0", among("tests/flows/telling/test_measured.py", "test_what_was_asked_now_is_told_apart_from_what_an_earlier_call_had_left")),
    Fault("a recipe names family versions as verifiers'", "flows/stages/publish.py", "name).verifier_versi", "name).family_versi", among(PUBLISHED, "test_what_a_family_makes_anew_is_another_shard_and_what_it_judges_anew_another_set")),
    Fault("shards of older families are read", "generators/supply.py", "version, ", "", among(PUBLISHED, "test_what_a_family_makes_anew_is_another_shard_and_what_it_judges_anew_another_set")),
    Fault("shards are not kept", "flows/stages/generate.py", "        store.write_shard(shard.key, table)\n", "", among(PUBLISHED, "test_shards_are_read_when_they_are_there")),
    Fault("rounds judged by other code are found", "flows/loop/rounds.py", ", load(cell.family).verifier_version", "", among("tests/flows/loop/test_round_identity.py", "test_a_round_is_found_by_what_it_comes_from")),
    Fault("undecided replies of earlier steps are forgotten", "trainer/train_state.py", "totals.undecided + ", "", among("tests/trainer/test_grpo.py", "test_replies_that_nobody_could_judge_stop_training")),
    Fault("every group is said to have taught", "flows/loop/training.py", "group.trained", "True", among("tests/flows/loop/test_training.py", "test_every_exposure_is_in_the_ledger_once")),
    Fault("a policy is not checked before the run", "flows/orchestration/whole.py", "    check_askable(run.config.policy, run.config.protocol.protocol())\n", "", among("tests/journeys/test_starts.py", "test_a_policy_that_cannot_be_asked_is_refused_before_anything_is_made")),
    Fault("quality counts what was dropped", "flows/stages/publish.py", "eport(curated.kept) | ca", "eport(problems) | ca", among(PUBLISHED, "test_rows_and_drops_add_up_and_every_row_is_decided_once")),
    Fault("decisions belong to no run", "flows/stages/publish.py", ", run=run.run_id", "", among(PUBLISHED, "test_rows_and_drops_add_up_and_every_row_is_decided_once")),
    Fault("a round forgets its seconds", "flows/loop/loop.py", "clock.laps", "{}", among("tests/flows/loop/test_loop.py", "test_every_round_of_every_arm_is_complete")),
    Fault("push forgets its token", "pipeline/store/hub.py", "api or _api(token)\n    with _", "api or _api(None)\n    with _", among(HUB, "test_the_revision_and_the_token_reach_the_hub")),
    Fault("pull forgets its revision", "pipeline/store/hub.py", "revision=revision, ", "", among(HUB, "test_the_revision_and_the_token_reach_the_hub")),
    Fault("near duplicates share five words whatever is asked", "filters/rules/near_duplicate.py", "config.ngram", "5", among("tests/filters/test_rules.py", "test_near_duplicates_share_runs_of_as_many_words_as_asked")),
    Fault("trends take repeats for problems", "pipeline/choice/weakness.py", ", intraclass=config.intraclass", "", among("tests/pipeline/choice/test_weakness.py", "test_a_trend_of_few_problems_asked_again_is_less_sure")),
    Fault("what was seen long ago counts like today", "pipeline/choice/curriculum.py", ", now=step", "", among("tests/pipeline/choice/test_curriculum.py", "test_what_was_seen_long_ago_moves_the_mixture_less")),
    Fault("a config's memory limit is ignored", "generators/judge_pool.py", ", memory_mb=config.memory_mb", "", among("tests/generators/test_judge_pool.py", "test_the_limits_of_a_config_are_those_of_its_workers")),
    Fault("compare ignores what is declared", "generators/grade.py", "type, declared), tex", "type, NOTHING), tex", among("tests/generators/test_grade.py", "test_what_is_declared_of_a_gold_holds_where_answers_are_compared")),
    Fault("a full worker is blamed on the next row", "generators/build_pool.py", '!= "time', '== "crash', among("tests/generators/test_build_pool.py", "test_a_worker_full_of_an_earlier_job_is_not_blamed_on_the_next")),
    Fault("a resumed call counts the tokens of all", "trainer/sft.py", " - first.tokens_trained", "", among("tests/trainer/test_sft.py", "test_a_call_that_resumes_says_what_it_read_itself")),
    Fault("gpu.yaml learns at the tiny policy's rate", "flows/configs/gpu.yaml", "lr: 1.0e-6, ", "", among(CONFIG, "test_the_gpu_config_samples_with_vllm_in_words_and_a_chat_template")),
    Fault("the benchmark's placebo is no placebo", "flows/configs/loop_bench.yaml", "ture: placebo, oper", "ture: weakness, oper", among(CONFIG, "test_the_benchmark_of_the_loop_has_seven_arms_that_differ")),
    Fault("draws that are asked for later repeat the first", "trainer/samplers/vllm.py", "request.first_draw + draw) for draw in", "draw) for draw in", among("tests/trainer/samplers/test_vllm.py", "test_a_draw_has_its_seed_whichever_request_asks_for_it")),
)
