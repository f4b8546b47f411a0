// SPDX-License-Identifier: Apache-2.0
package org.tidemark.operations.check;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.tidemark.archiver.resident.ResidentService;
import org.tidemark.archiver.resident.ResidentState;
import org.tidemark.archiver.resident.ResidentState.Trouble;
import org.tidemark.core.Amounts;
import org.tidemark.core.Finding;
import org.tidemark.core.ShellWord;
import org.tidemark.operations.server.ServingArchiver;

/** Whether a resident archiver that is used does what it is for. Without it nothing is lost but time. */
final class ResidentArchiverCheck implements Check<CheckedHost> {
    /** What ends sooner by itself, such as a configuration that is being changed, is no finding. */
    private static final Duration LASTING = Duration.ofMinutes(1);

    @Override
    public Subject subject() {
        return Subject.RESIDENT_ARCHIVER;
    }

    @Override
    public List<Finding> look(CheckedHost host) {
        return ServingArchiver.of(host.session()).stream()
                .map(service -> finding(service, host.clock().instant()))
                .toList();
    }

    /** Pure. */
    static Finding finding(ResidentService service, Instant now) {
        ResidentState state = service.state();
        String archiver = "the resident archiver (process " + state.process().pid() + ")";
        return switch (service.condition()) {
            case GONE ->
                Subject.RESIDENT_ARCHIVER.warning(
                        archiver + " was killed, and none has taken its place; wal-push archives without it",
                        "Start it again: tidemark archiver. To do without it, remove "
                                + ShellWord.quote(service.file().toString()));
            case STOPPED ->
                Subject.RESIDENT_ARCHIVER.warning(
                        archiver + " is suspended (SIGSTOP); wal-push archives without it",
                        "Let it continue: kill -CONT " + state.process().pid());
            case HINDERED -> hindered(state, state.trouble().orElseThrow(), now);
            case LATE ->
                Subject.RESIDENT_ARCHIVER.warning(
                        archiver + " needs more than two seconds for a segment"
                                + service.late()
                                        .map(since -> ": the last call that timed out waiting for it was at "
                                                + Amounts.second(since))
                                        .orElse("")
                                + "; wal-push archives without it",
                        "Find out whether a repository or this host is slow. PostgreSQL's log has the warnings of"
                                + " wal-push.");
            case WAITING ->
                Subject.RESIDENT_ARCHIVER.ok(archiver + " has been waiting for a call of archive_command since "
                        + Amounts.second(state.since()));
            case SERVING ->
                Subject.RESIDENT_ARCHIVER.ok(archiver + " archives segments as soon as they are ready"
                        + state.last()
                                .map(last ->
                                        "; the last one was " + last.segment() + " at " + Amounts.second(last.at()))
                                .orElse(""));
        };
    }

    private static Finding hindered(ResidentState state, Trouble trouble, Instant now) {
        String message = trouble.message() + " (resident archiver, process "
                + state.process().pid() + ", since " + Amounts.second(trouble.since()) + ")";
        return Duration.between(trouble.since(), now).compareTo(LASTING) < 0
                ? Subject.RESIDENT_ARCHIVER.ok(message)
                : Subject.RESIDENT_ARCHIVER.warning(message, trouble.hint());
    }
}
