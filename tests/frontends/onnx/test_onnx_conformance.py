"""Some of the conformance cases of the onnx package, through generated C; evaluation/ runs all of them."""

from __future__ import annotations

import importlib
import sys
from types import SimpleNamespace
from typing import Any

import pytest

from shared_data import ROOT

pytest.importorskip("onnx", reason="the onnx package is not installed: pip install 'lpdnn[onnx]'")

NAMES = [
    "add_bcast",
    "argmax_default_axis_example_select_last_index",
    "argmin_no_keepdims_random",
    "averagepool_2d_ceil",
    "averagepool_2d_dilations",
    "averagepool_3d_default",
    "basic_conv_with_padding",
    "batchnorm_epsilon",
    "cast_FLOAT_to_FLOAT16",
    "clip_outbounds",
    "concat_3d_axis_negative_2",
    "conv_with_autopad_same",
    "convtranspose_output_shape",
    "convtranspose_1d",
    "cumsum_2d_axis_1",
    "depthtospace_crd_mode_example",
    "div_int32",
    "dropout_default_mask",
    "einsum_none",
    "elu",
    "erf_none",
    "expand_dim_changed",
    "flatten_negative_axis3",
    "gather_elements_0",
    "gathernd_example_float32",
    "gelu_tanh_1",
    "gemm_all_attributes",
    "globalmaxpool",
    "hardmax_axis_1",
    "hardsigmoid",
    "hardswish",
    "instancenorm_epsilon",
    "layer_normalization_4d_axis2",
    "layer_normalization_2d_axis1_expanded_ver18",
    "logsoftmax_large_number",
    "lppool_2d_same_lower",
    "lrn",
    "matmul_bcast",
    "maxpool_2d_dilations",
    "maxpool_with_argmax_2d_precomputed_pads",
    "mish",
    "mod_mixed_sign_int32",
    "nonmaxsuppression_two_batches",
    "nllloss_NCd1d2_with_weight",
    "onehot_with_negative_axis",
    "pow_bcast_array",
    "prelu_broadcast",
    "reduce_log_sum_exp_keepdims_random",
    "reduce_mean_negative_axes_keepdims_random",
    "reflect_pad",
    "reshape_zero_and_negative_dim",
    "resize_downsample_scales_cubic_antialias",
    "resize_tf_crop_and_resize_extrapolation_value",
    "resize_upsample_scales_nearest",
    "rms_normalization_2d_axis0",
    "slice_neg_steps",
    "softmax_axis_0",
    "softplus_example",
    "split_variable_parts_1d_opset18",
    "squeeze_negative_axes",
    "swiglu_none",
    "sum_example",
    "tan",
    "tile",
    "top_k_smallest",
    "transpose_all_permutations_3",
    "tril_neg",
    "unsqueeze_two_axes",
    "upsample_nearest",
    "where_example",
    "cast_FLOAT_to_INT4",
    "cast_e8m0_FLOAT_to_FLOAT8E8M0",
    "cast_no_saturate_FLOAT_to_FLOAT8E5M2",
    "cast_FLOAT_to_FLOAT4E2M1",
    "quantizelinear_e4m3fn",
    "quantizelinear_uint4",
    "dequantizelinear_int2",
    "reduce_log_sum_empty_set",
    "reduce_sum_empty_set_non_reduced_axis_zero",
    "slice_start_out_of_bounds",
    "split_zero_size_splits_opset18",
    "training_dropout_mask",
    "xor_bcast4v2d",
]


def _evaluation() -> Any:
    """Return the collecting and the running of cases, from the evaluation's folder."""
    sys.path.insert(0, str(ROOT / "evaluation"))
    cases = importlib.import_module("conformance.cases")
    run = importlib.import_module("conformance.run")
    return SimpleNamespace(collect=cases.collect, run=run.run)


@pytest.fixture(scope="module")
def outcomes() -> dict[str, Any]:
    evaluation = _evaluation()
    wanted = {f"test_{name}" for name in NAMES}
    cases = [case for case in evaluation.collect() if case.name in wanted]
    return {outcome.case: outcome for outcome in evaluation.run(cases)}


def test_cases_of_every_family_pass(outcomes: dict[str, Any]) -> None:
    assert len(outcomes) > 50
    wrong = {name: f"{o.status}: {o.reason}" for name, o in outcomes.items() if o.status != "passed"}
    assert not wrong


def test_a_wrong_result_is_a_failure() -> None:
    evaluation = _evaluation()
    (case,) = (case for case in evaluation.collect() if case.name == "test_mish")
    case.data_sets[0][1][0][0] += 0.01
    (outcome,) = evaluation.run([case])
    assert outcome.status == "failed"
    assert "off by 0.01" in outcome.reason
