# One job per experiment and seed. The folder is named by the fingerprint of its inputs, so that it never goes stale.
# At a job's time limit, all of its processes receive SIGTERM. The shell survives it to return the exit code of the
# training, and tee to write the last lines of the log.
rule train:
    input:
        wanted_inputs(
            "train",
            paths.run(OF_EXPERIMENT, "{seed}", "{fp}"),
            prepare=prepared_of_run,
            fetch_weights=training_weights_of_run,
        ),
    output:
        directory(paths.run(OF_EXPERIMENT, "{seed}", "{fp}")),
    log:
        log_of_run("train"),
    priority: longest_first
    conda:
        "../envs/pixcycle.yaml"
    threads: gpus_of_run
    resources:
        gpu=gpus_of_run,
        runtime=minutes_of_training,
    params:
        plan=PLAN_FILE,
        run=run_key,
        prepared=prepared_of_run,
        gpus=most_gpus_of_training,
        weights=partial(option, "--weights", training_weights_of_run),
    shell:
        "trap : TERM; pixcycle job train {params.run:q} --plan {params.plan:q} --prepared {params.prepared:q} --out {output:q}"
        " --gpus {params.gpus:q} {params.weights} 2>&1 | (trap '' TERM; exec tee {log:q})"
