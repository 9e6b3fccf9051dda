# Experiments of five pix2pix and CycleGAN reports:  snakemake --cores all --resources gpu=2
# Targets: all, a chapter (ucsd), a dataset of a chapter (ucsd-facades), an experiment (ucsd-facades-l1).
# Options, after the targets: --config scale=demo mirror=file:///my/mirror extractor=efficientnet-lite0
include: "workflow/rules/params.smk"


configfile: "params.yaml"


include: "workflow/rules/common.smk"
include: "workflow/rules/wanted.smk"
include: "workflow/rules/report.smk"
include: "workflow/rules/data.smk"
include: "workflow/rules/train.smk"
include: "workflow/rules/evaluate.smk"


onerror:
    FAILURES.show()


localrules:
    fetch,
    fetch_weights,


rule all:
    default_target: True
    input:
        partial(everything_of, "all"),


check_targets()
