// SPDX-License-Identifier: Apache-2.0
package org.tidemark.service;

import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import org.tidemark.core.ClusterName;
import org.tidemark.core.ExitCode;
import org.tidemark.operations.ObjectProgress;
import org.tidemark.operations.backups.BackupRun;
import org.tidemark.operations.drill.DrillRun;
import org.tidemark.service.cron.CronRun;
import org.tidemark.service.cron.LackingBackup;
import org.tidemark.service.cron.Task;

/** Tells the metrics as well how tasks end. For one thread. */
final class MeasuredTasks implements CronRun.Observer {
    private final CronRun.Observer told;
    private final ClusterName cluster;
    private final Metrics metrics;
    private boolean hasEnded;

    MeasuredTasks(CronRun.Observer told, ClusterName cluster, Metrics metrics) {
        this.told = told;
        this.cluster = cluster;
        this.metrics = metrics;
    }

    @Override
    public BackupRun.Observer backup() {
        return told.backup();
    }

    @Override
    public DrillRun.Observer drill() {
        return told.drill();
    }

    @Override
    public ObjectProgress progress(String repository) {
        return told.progress(repository);
    }

    @Override
    public void did(Task.Report report) {
        told.did(report);
    }

    @Override
    public void ended(String task, Optional<String> repository, Duration took, ExitCode status) {
        hasEnded = true;
        metrics.ended(cluster, task, repository, status);
        told.ended(task, repository, took, status);
    }

    @Override
    public void cutOff(String task, Optional<String> repository, Instant begun, Optional<String> host) {
        metrics.ended(cluster, task, repository, ExitCode.INTERRUPTED);
        told.cutOff(task, repository, begun, host);
    }

    @Override
    public void lacking(LackingBackup lacking) {
        told.lacking(lacking);
    }

    @Override
    public void failed(CronRun.TaskReport report) {
        hasEnded |= !report.isTold(); // what a repository that is gone means for the metrics is seen at once
        told.failed(report);
    }

    /** Whether a task was attempted, and has ended. */
    boolean hasEnded() {
        return hasEnded;
    }
}
