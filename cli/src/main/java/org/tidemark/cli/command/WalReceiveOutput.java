// SPDX-License-Identifier: Apache-2.0
package org.tidemark.cli.command;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.regex.Pattern;
import org.tidemark.archiver.WalPusher.PushReport;
import org.tidemark.archiver.receive.WalPosition;
import org.tidemark.archiver.receive.WalReceiver;
import org.tidemark.cli.output.Output;
import org.tidemark.core.Amounts;
import org.tidemark.core.Lsn;
import org.tidemark.core.Timeline;
import org.tidemark.core.UserFacingException;
import org.tidemark.core.WalFile;
import org.tidemark.core.WalFile.PartialSegment;

/** What {@code wal-receive} prints while it runs; the same warning at most once a minute. Thread-safe. */
final class WalReceiveOutput implements WalReceiver.Observer {
    private static final Duration REPEATED_AFTER = Duration.ofMinutes(1);
    private static final String SERVER = "server ";
    /** Numbers, and LSNs. */
    private static final Pattern DIGITS = Pattern.compile("[0-9A-F]*[0-9][0-9A-F]*");

    private final Output output;
    private final Clock clock;
    private final Map<String, Instant> warned = new HashMap<>();
    private boolean lost;

    WalReceiveOutput(Output output, Clock clock) {
        this.output = output;
        this.clock = clock;
    }

    /** @param subject of the warning: the text may change each time */
    private void warn(String subject, String message, String hint) {
        Instant now = clock.instant();
        Instant last = warned.get(subject);
        if (last == null || last.isAfter(now) || !last.plus(REPEATED_AFTER).isAfter(now)) {
            warned.put(subject, now);
            output.warn(message, hint);
        }
    }

    @Override
    public synchronized void receiving(WalPosition from) {
        warned.keySet().removeIf(subject -> subject.startsWith(SERVER));
        output.say((lost ? "connected again: " : "") + "receiving WAL from " + from);
        lost = false;
    }

    @Override
    public synchronized void timelineEnded(Timeline ended, Lsn at, Timeline next) {
        output.say("timeline " + ended + " ended at " + at + "; the server went on with timeline " + next);
    }

    @Override
    public synchronized void receivedMore(Timeline ended, Lsn at, Lsn received) {
        warn(
                "more of timeline " + ended,
                "WAL of timeline " + ended + " was received up to " + received + ", but the server left this timeline"
                        + " at " + at + ": it lacks the commits in between",
                "They are archived as the end of timeline " + ended
                        + ". To look at them, restore a copy to another directory: tidemark recover --timeline " + ended
                        + " --to DIR");
    }

    @Override
    public synchronized void interrupted(UserFacingException problem, Duration pause) {
        lost = true;
        warn(
                // What is wrong now is no repetition of what was wrong before; the numbers in it are.
                SERVER + DIGITS.matcher(String.valueOf(problem.getMessage())).replaceAll(""),
                problem.getMessage() + "; it is tried again after " + Amounts.duration(pause),
                problem.hint());
    }

    @Override
    public synchronized void diskFull(UserFacingException problem, Duration pause) {
        lost = true;
        warn("disk", problem.getMessage() + "; it is tried again every " + Amounts.duration(pause), problem.hint());
    }

    @Override
    public synchronized void spoolFull(long waitingBytes) {
        warn(
                "spool",
                Amounts.size(waitingBytes)
                        + " of received WAL wait in the spool to be archived: no more is received before some of it is"
                        + " archived, and the server keeps it in pg_wal",
                "Repair the repository that is named in the last warning. host.spool-limit limits what waits.");
    }

    @Override
    public synchronized void spoolHasRoom() {
        output.say("segments were archived, and receiving goes on");
    }

    @Override
    public synchronized void startsBySpool(UserFacingException problem) {
        output.warn(
                "the repositories cannot tell which WAL they hold: " + problem.getMessage()
                        + "; receiving continues after what is in the spool",
                problem.hint());
    }

    @Override
    public synchronized void skipped(WalPosition missing) {
        output.warn(
                "the server has removed the WAL from " + missing + " on: there is a hole in the archived WAL now",
                "Take a backup: tidemark backup. Only recoveries from that backup on work past the hole.");
    }

    @Override
    public synchronized void archived(WalFile file, PushReport report) {
        warned.remove("archive");
        output.detail("'" + file.name() + "' is archived");
        for (PushReport.Lagging lagging : report.lagging()) {
            warn(
                    "lagging " + lagging.repository(),
                    "'" + file.name() + "' is queued for '" + lagging.repository() + "' (in its queue: "
                            + lagging.waiting() + "): " + lagging.reason(),
                    "Once '" + lagging.repository()
                            + "' works again, its queue is delivered with the next segment. Look at it with:"
                            + " tidemark check");
        }
        for (PushReport.Unqueued unqueued : report.unqueued()) {
            warn(
                    // While the spool is full each file is named.
                    "unqueued " + unqueued.repository() + (unqueued.neverSeen() ? "" : file.name()),
                    "'" + file.name() + "' is not in '" + unqueued.repository() + "' (" + unqueued.reason()
                            + "), and is not queued for it: " + unqueued.problem(),
                    "Other repositories hold it. When '" + unqueued.repository()
                            + "' works again, copy what it lacks with: tidemark sync");
        }
        for (PushReport.RefusedFile refused : report.refused()) {
            if (!refused.isPutAside()) {
                output.warn(
                        "'" + refused.keyName() + "', queued for '" + refused.repository() + "', is no longer queued: "
                                + refused.problem(),
                        "See what the policies keep with: tidemark retention");
                continue;
            }
            output.warn(
                    "'" + refused.repository() + "' refused '" + refused.keyName() + "', which was queued for it: "
                            + refused.problem(),
                    "It stays in v1/refused of the spool until you decide about it: see"
                            + " docs/operating/several-repositories.md. Look at it with: tidemark check");
        }
    }

    @Override
    public synchronized void notArchived(WalFile file, UserFacingException problem) {
        warn(
                "archive",
                "'" + file.name() + "' is not archived yet, and is tried again: " + problem.getMessage(),
                problem.hint());
    }

    @Override
    public synchronized void pieceNotStored(String repository, UserFacingException problem) {
        warn(
                "piece " + repository,
                "a piece of the current segment is not in '" + repository + "' yet, and is tried again: "
                        + problem.getMessage(),
                problem.hint());
    }

    @Override
    public synchronized void putAside(PartialSegment file, UserFacingException problem) {
        output.warn(
                "'" + file.name() + "' is put aside in the spool: " + problem.getMessage(),
                "It is the end of a timeline that the server has left. The file stays in the spool, as '" + file.name()
                        + ".refused'.");
    }
}
