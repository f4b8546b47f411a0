// SPDX-License-Identifier: Apache-2.0
package org.tidemark.archiver.push;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.tidemark.archiver.FileNames;
import org.tidemark.archiver.PushTarget;
import org.tidemark.archiver.push.WalPusher.PushRequest;
import org.tidemark.catalog.wal.RemovedWal;
import org.tidemark.catalog.wal.WalArchive;
import org.tidemark.core.ExitCode;
import org.tidemark.core.Lsn;
import org.tidemark.core.TimelineHistory;
import org.tidemark.core.UserFacingException;
import org.tidemark.core.WalFile;
import org.tidemark.core.WalFile.Segment;
import org.tidemark.core.WalSegmentSize;

/**
 * Archives what a primary that died had not archived. Its standby received that WAL and counts it as archived
 * (XLogWalRcvClose() in src/backend/replication/walreceiver.c), so when it is promoted, its archive_command is never
 * called for it. The first thing that it hands over is the history of its new timeline: then this looks for segments of
 * the timelines before it that are beside the history, end before the promotion, and are not archived. Whatever they
 * hold up to there, every server that was promoted with it has as well. Not thread-safe.
 */
public final class InheritedWal {
    private final PushRequest history;
    private final List<PushTarget> targets;
    private final Push push;

    /** Pushes a segment as PostgreSQL would have it pushed, to all repositories. */
    public interface Push {
        void segment(PushRequest request) throws IOException;
    }

    /**
     * For a server that was promoted.
     *
     * @param history that the repositories hold
     */
    public InheritedWal(PushRequest history, List<PushTarget> targets, Push push) {
        this.history = history;
        this.targets = List.copyOf(targets);
        this.push = push;
    }

    /**
     * The result. Immutable.
     *
     * @param archived in order; empty if nothing was missing
     * @param refused segments that are in pg_wal and cannot be archived
     */
    public record Report(List<Segment> archived, List<RefusedSegment> refused) {
        public Report {
            archived = List.copyOf(archived);
            refused = List.copyOf(refused);
        }
    }

    /**
     * A segment that stays where it is.
     *
     * @param problem why it cannot be archived
     */
    public record RefusedSegment(Segment segment, String problem) {}

    /**
     * Archives them. A repository that cannot say what it holds gets what another one lacks.
     *
     * @param limit no segment is begun after it
     * @throws UserFacingException {@link ExitCode#TIMED_OUT} if some are left then; what is archived is not pushed
     *     again by the next call
     */
    public Report archive(Duration limit) throws IOException {
        long end = System.nanoTime() + limit.toNanos();
        WalSegmentSize size = history.origin().walSegmentSize();
        Path directory = Objects.requireNonNull(history.path().toAbsolutePath().getParent());
        TimelineHistory path = TimelineHistory.parse(
                history.file().timeline(), Files.readString(history.path(), StandardCharsets.ISO_8859_1));
        List<Segment> inherited = inherited(path, FileNames.in(directory), size);
        Set<Segment> lacking = new TreeSet<>();
        if (!inherited.isEmpty()) {
            for (PushTarget target : targets) {
                lacking.addAll(lackingIn(target, path, inherited));
            }
        }
        List<Segment> archived = new ArrayList<>();
        List<RefusedSegment> refused = new ArrayList<>();
        for (Segment segment : lacking) {
            if (System.nanoTime() >= end) {
                throw new UserFacingException(
                        ExitCode.TIMED_OUT,
                        "the server that was the primary before had not archived " + lacking.size()
                                + " segments in '" + directory + "'; "
                                + (archived.size() + refused.size())
                                + " of them are archived now, and the rest takes longer than "
                                + limit.toSeconds() + " s",
                        "PostgreSQL calls again, and the next call goes on. push-timeout of [host] limits each call.");
            }
            try {
                push.segment(new PushRequest(segment, directory.resolve(segment.name()), history.origin()));
                archived.add(segment);
            } catch (UserFacingException e) {
                if (!isOfTheFile(e.exitCode())) {
                    throw e;
                }
                refused.add(new RefusedSegment(segment, String.valueOf(e.getMessage())));
            }
        }
        return new Report(archived, refused);
    }

    /** Whether another attempt would fail as well, with this file. */
    private static boolean isOfTheFile(ExitCode code) {
        return code == ExitCode.WAL_REFUSED
                || code == ExitCode.WRONG_CLUSTER
                || code == ExitCode.WAL_CONFLICT
                || code == ExitCode.LOCAL_FILES;
    }

    private Set<Segment> lackingIn(PushTarget target, TimelineHistory path, List<Segment> inherited) {
        try {
            return lacking(target.opening().open(history.origin().system()).wal(), path, inherited);
        } catch (IOException | UserFacingException e) {
            return Set.of();
        }
    }

    /** The segments of earlier timelines on the way to a timeline that end before it left them, in order. */
    static List<Segment> inherited(TimelineHistory path, Collection<String> names, WalSegmentSize size) {
        Set<Segment> found = new TreeSet<>();
        for (String name : names) {
            if (name.length() == 24
                    && parse(name).orElse(null) instanceof Segment segment
                    && segment.fits(size)
                    && isWholeBeforeTheSwitch(path, segment, size)) {
                found.add(segment);
            }
        }
        return List.copyOf(found);
    }

    private static Optional<WalFile> parse(String name) {
        try {
            return Optional.of(WalFile.parse(name));
        } catch (IllegalArgumentException e) {
            return Optional.empty();
        }
    }

    private static boolean isWholeBeforeTheSwitch(TimelineHistory path, Segment segment, WalSegmentSize size) {
        Lsn begin = new Lsn(0);
        for (TimelineHistory.Switch each : path.switches()) {
            if (each.parent().equals(segment.timeline())) {
                return segment.end(size).isAfter(begin) && !segment.end(size).isAfter(each.at());
            }
            begin = each.at();
        }
        return false;
    }

    /**
     * The segments that an archive lacks although it holds earlier WAL of the path. Segments older than the archive,
     * and those that an expiry removed, are not brought back.
     */
    static Set<Segment> lacking(WalArchive wal, TimelineHistory path, List<Segment> inherited) throws IOException {
        Set<Segment> lacking = new TreeSet<>();
        boolean hasBegun = false;
        for (TimelineHistory.Switch each : path.switches()) {
            List<Segment> own = inherited.stream()
                    .filter(segment -> segment.timeline().equals(each.parent()))
                    .toList();
            Optional<Segment> first = wal.listing().first(each.parent());
            if (!own.isEmpty()) {
                Set<Segment> archived = wal.listing().archivedAmong(own);
                for (Segment segment : own) {
                    boolean follows = hasBegun
                            || first.filter(one -> one.compareTo(segment) < 0).isPresent();
                    if (follows && !archived.contains(segment)) {
                        lacking.add(segment);
                    }
                }
            }
            hasBegun |= first.isPresent();
        }
        if (!lacking.isEmpty()) {
            List<RemovedWal> removed = wal.gaps().removed();
            lacking.removeIf(segment -> removed.stream().anyMatch(range -> range.contains(segment)));
        }
        return lacking;
    }
}
