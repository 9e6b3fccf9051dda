# One job for each experiment and seed; the folder's name says what made it, so a finished one is right for ever.
# When a job's time is up, SIGTERM comes to all of its processes: the shell outlives it, to tell how the training ended,
# and tee, to write its last words.
rule train:
    input:
        prepared=ancient(prepared_of_run),
        weights=ancient(published_weights_of_run),
    output:
        directory("results/{scale}/{chapter}/{experiment}/{seed}-{fp}"),
    log:
        "logs/{scale}/{chapter}-{experiment}/train-{seed}-{fp}.log",
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
        weights=weights_option,
    shell:
        "trap : TERM; pixcycle job train {params.run:q} --plan {params.plan:q} --prepared {input.prepared:q} --out {output:q}"
        " --gpus {resources.gpu} {params.weights} 2>&1 | (trap '' TERM; exec tee {log:q})"
