// SPDX-License-Identifier: Apache-2.0
package org.tidemark.cli.command.wal;

import java.time.Clock;
import java.time.Duration;
import java.util.HashSet;
import java.util.Set;
import org.tidemark.archiver.push.WalPusher.PushReport;
import org.tidemark.archiver.receive.WalPosition;
import org.tidemark.archiver.receive.WalReceiver;
import org.tidemark.cli.output.Output;
import org.tidemark.core.Amounts;
import org.tidemark.core.ClusterName;
import org.tidemark.core.Lsn;
import org.tidemark.core.Timeline;
import org.tidemark.core.UserFacingException;
import org.tidemark.core.WalFile;
import org.tidemark.core.WalFile.PartialSegment;
import org.tidemark.wal.notices.RepeatedNotices;
import org.tidemark.wal.notices.RepeatedNotices.Kind;
import org.tidemark.wal.notices.RepeatedNotices.Notice;
import org.tidemark.wal.push.LagNotices;

/** What {@code wal-receive} prints while it runs; a problem that lasts is told once an hour. Thread-safe. */
public final class WalReceiveOutput implements WalReceiver.Observer {
    private static final String SERVER = "server ";
    private static final String ARCHIVE = "archive";
    private static final String SPOOL = "spool";

    private final Output output;
    private final RepeatedNotices notices;
    private final LagNotices lag;
    /** Repositories that have lagged at some time. */
    private final Set<String> lagged = new HashSet<>();

    private boolean lost;

    /** @param clock times what is said from time to time */
    public WalReceiveOutput(Output output, ClusterName cluster, Clock clock) {
        this.output = output;
        this.notices = RepeatedNotices.ofProcess(clock);
        this.lag = new LagNotices(notices, cluster, new LagNotices.Telling() {
            @Override
            public void say(String message) {
                output.say(message);
            }

            @Override
            public void warn(String message, String hint) {
                output.warn(message, hint);
            }
        });
    }

    /** @param subject of the warning: the text may change each time */
    private void warn(String subject, String message, String hint) {
        Notice notice = notices.seen(subject, Duration.ZERO);
        if (notice.kind() == Kind.WARNING) {
            output.warn(
                    message
                            + (notice.lasting().isZero()
                                    ? ""
                                    : "; this has been so for " + Amounts.duration(notice.lasting())),
                    hint);
        }
    }

    private static String after(Duration lasted) {
        return lasted.toSeconds() == 0 ? "" : " after " + Amounts.duration(lasted);
    }

    @Override
    public synchronized void receiving(WalPosition from) {
        String after = notices.overAll(SERVER).map(WalReceiveOutput::after).orElse("");
        output.say((lost ? "connected again" + after + ": " : "") + "receiving WAL from " + from);
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
                SERVER + RepeatedNotices.withoutNumbers(String.valueOf(problem.getMessage())),
                problem.getMessage() + "; it is tried again after " + Amounts.duration(pause),
                problem.hint());
    }

    @Override
    public synchronized void diskFull(UserFacingException problem, Duration pause) {
        lost = true;
        warn(
                SERVER + "disk",
                problem.getMessage() + "; it is tried again every " + Amounts.duration(pause),
                problem.hint());
    }

    @Override
    public synchronized void spoolFull(long waitingBytes) {
        warn(
                SPOOL,
                Amounts.size(waitingBytes)
                        + " of received WAL wait in the spool to be archived: no more is received before some of it is"
                        + " archived, and the server keeps it in pg_wal",
                "Repair the repository that is named in the last warning. host.spool-limit limits what waits.");
    }

    @Override
    public synchronized void spoolHasRoom() {
        String after =
                notices.over(SPOOL, Duration.ZERO).map(WalReceiveOutput::after).orElse("");
        output.say("segments were archived, and receiving goes on" + after);
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
        notices.over(ARCHIVE, Duration.ZERO)
                .ifPresent(lasted ->
                        output.say("archiving works again" + after(lasted) + ": '" + file.name() + "' is archived"));
        output.detail("'" + file.name() + "' is archived");
        report.lagging().forEach(lagging -> lagged.add(lagging.repository()));
        report.unqueued().forEach(unqueued -> lagged.add(unqueued.repository()));
        lag.tell(file.name(), report, lagged);
    }

    @Override
    public synchronized void notArchived(WalFile file, UserFacingException problem) {
        warn(
                ARCHIVE,
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
