// SPDX-License-Identifier: Apache-2.0
package org.tidemark.walsearch;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import org.tidemark.catalog.wal.SegmentSources;
import org.tidemark.core.WalFile.Segment;
import org.tidemark.core.WalSegmentSize;
import org.tidemark.postgres.wal.change.Change;
import org.tidemark.postgres.wal.change.Change.Kind;
import org.tidemark.postgres.wal.change.EndedTransaction;
import org.tidemark.postgres.wal.change.EndedTransaction.Gap;
import org.tidemark.postgres.wal.change.EndedTransaction.Outcome;
import org.tidemark.postgres.wal.change.RelFileLocator;
import org.tidemark.postgres.wal.change.TransactionFollower;
import org.tidemark.postgres.wal.change.TransactionFollower.SegmentRead;
import org.tidemark.walsearch.Hit.Named;
import org.tidemark.walsearch.KnownNames.Place;

/**
 * Reads the archived WAL of a path, and finds what transactions did to tables. Neither a server nor the host where the
 * WAL was written is needed. Memory is bounded: see {@link ReadAhead} and {@link TransactionFollower}. Used by one
 * thread.
 */
public final class ChangeSearch {
    /** Larger segments are read as a stream, and not ahead. */
    private static final int MOST_BUFFERED = 64 << 20;

    /**
     * A change of half of a table is told, but of one that has some rows: a row of a heartbeat changes all the time.
     */
    private static final int HALF = 2;

    private static final int LEAST = 10;
    /** So many rows of a table that no backup knows are worth a word to who asks for another one. */
    private static final int MANY = 100;
    /** Rows of a table that is dropped or emptied, for the order of what is worst, where nobody knows the number. */
    private static final long UNKNOWN_ROWS = 1_000_000;

    private final SegmentSources sources;
    private final WalSegmentSize size;
    private final int jobs;
    private final SearchQuestion question;
    private final KnownNames names;
    private final Set<Place> wanted;
    private final Set<Long> wantedDatabases;
    private final Optional<Instant> since;
    private final Optional<Instant> until;
    private final CommitPlaces commits = new CommitPlaces();
    private final List<Found> found = new ArrayList<>();
    private final List<EndedTransaction> asked = new ArrayList<>();
    /** Of the tables that are asked for. */
    private final Set<Place> dropped = new HashSet<>();

    private Optional<Instant> first = Optional.empty();
    private Optional<Instant> last = Optional.empty();
    private long transactions;
    private long left;
    private long unnamed;
    private Optional<Gone> gone = Optional.empty();
    private long begunBefore;
    private long smaller;
    private Optional<EndedTransaction> rolledBack = Optional.empty();

    /** The end of the last transaction that was read, and before each segment. */
    private Optional<Instant> ended = Optional.empty();

    private final Map<Segment, Optional<Instant>> endedBefore = new HashMap<>();
    /** The end of the first transaction from each segment on. */
    private final Map<Segment, Instant> endedFrom = new HashMap<>();

    private final List<Segment> begun = new ArrayList<>();

    private record Found(
            EndedTransaction transaction, Change change, List<Place> places, OptionalLong of, OptionalLong between) {
        boolean isOfRows() {
            return change.kind() == Kind.MASS_DELETE || change.kind() == Kind.MASS_UPDATE;
        }

        /** How many rows it cost. */
        long rows() {
            return switch (change.kind()) {
                case MASS_DELETE, MASS_UPDATE -> change.rows();
                case DATABASE_DROP, TABLESPACE_DROP -> Long.MAX_VALUE;
                case DROP, TRUNCATE -> of.orElse(UNKNOWN_ROWS);
                case TEMPORARY_DROP, REWRITE, TABLESPACE_CHANGE, REINDEX -> 0;
            };
        }
    }

    /** Is told how much was read, in bytes of WAL. */
    @FunctionalInterface
    public interface Progress {
        void read(long bytes, long all);
    }

    /**
     * What was found. Immutable.
     *
     * @param hits in the order of their ends, the newest first
     * @param left how many further changes were found, less destructive than those
     * @param smaller how many deletions and updates of fewer rows than were asked for were of the table
     * @param unnamed how many deletions and updates of 100 rows and more were of tables that no backup knows, where one
     *     table is asked for: it may be one of them
     * @param gone what was dropped or emptied of tables that nobody knows, where one table is asked for: it may be that
     *     one, made again
     * @param begunBefore how many transactions may have done something to the table that is asked for before the WAL
     *     that was searched: they were committed in the time that was asked for, may have begun before that WAL, and
     *     have nothing among what was found
     * @param transactions how many transactions were committed in the time that was asked for
     * @param first the oldest commit
     * @param last the newest commit
     * @param missing what could not be read
     * @param unknownRecords how many records were not understood
     * @param asked the committed transactions with the number that is asked for, whatever they did; numbers are used
     *     again after 2^32 transactions
     * @param rolledBack the last transaction with this number that was rolled back
     */
    public record Result(
            List<Hit> hits,
            long left,
            long smaller,
            long unnamed,
            Optional<Gone> gone,
            long begunBefore,
            long transactions,
            Optional<Instant> first,
            Optional<Instant> last,
            List<UnreadWal> missing,
            long unknownRecords,
            List<EndedTransaction> asked,
            Optional<EndedTransaction> rolledBack) {
        public Result {
            hits = List.copyOf(hits);
            missing = List.copyOf(missing);
            asked = List.copyOf(asked);
        }
    }

    /**
     * Transactions that dropped or emptied relations of which neither a backup nor the WAL that was read tells the
     * name.
     *
     * @param count 1 or more
     */
    public record Gone(long count, EndedTransaction newest) {}

    /**
     * A search.
     *
     * @param jobs how many segments are read at the same time, 1 or more
     * @param names of the relations, from backups
     * @param wanted the tables that are asked for
     * @param wantedDatabases those in which they are, and the one that is asked for
     * @param since of the transactions' ends
     * @param until of the transactions' ends
     */
    ChangeSearch(
            SegmentSources sources,
            WalSegmentSize size,
            int jobs,
            SearchQuestion question,
            KnownNames names,
            Set<Place> wanted,
            Set<Long> wantedDatabases,
            Optional<Instant> since,
            Optional<Instant> until) {
        this.sources = sources;
        this.size = size;
        this.jobs = jobs;
        this.question = question;
        this.names = names;
        this.wanted = new HashSet<>(wanted);
        this.wantedDatabases = new HashSet<>(wantedDatabases);
        this.since = since;
        this.until = until;
    }

    /** A search by names that backups have. */
    public static ChangeSearch of(
            SegmentSources sources,
            WalSegmentSize size,
            int jobs,
            SearchQuestion question,
            List<KnownNames.AtBackup> names,
            Optional<Instant> since,
            Optional<Instant> until) {
        KnownNames known = new KnownNames(names);
        Set<Place> wanted = new HashSet<>();
        Set<Long> databases = new HashSet<>();
        question.table().ifPresent(table -> {
            if (question.isOid()) {
                long oid = Long.parseLong(table);
                wanted.add(new Place(0, oid));
                databases.add(oid);
                known.databases().forEach(database -> {
                    wanted.add(new Place(database, oid));
                    known.relation(new Place(database, oid)).ifPresent(_ -> databases.add(database));
                });
            } else {
                wanted.addAll(known.named(table));
                wanted.forEach(each -> databases.add(each.database()));
            }
        });
        question.databaseName().ifPresent(name -> databases.addAll(known.databasesNamed(name)));
        return new ChangeSearch(sources, size, jobs, question, known, wanted, databases, since, until);
    }

    /**
     * Whether the table or database that is asked for is known, or none is. A table may be known only after
     * {@link #run}: it was created in the WAL that was read.
     */
    public boolean knowsTheTable() {
        return question.table().isEmpty() || !wanted.isEmpty() || !wantedDatabases.isEmpty();
    }

    /**
     * Reads the segments, which are of one path and in its order.
     *
     * @param isFromTheStart whether no earlier WAL is archived: then nobody could look further back
     */
    public Result run(List<Segment> segments, boolean isFromTheStart, Progress progress) throws IOException {
        TransactionFollower follower = new TransactionFollower(TransactionFollower.DEFAULT_MOST_ENTRIES, this::ended);
        names.tell(follower);
        List<UnreadWal> missing;
        try (ReadAhead ahead = isBuffered() ? new ReadAhead(sources, segments, size, jobs) : null) {
            missing = SegmentWalk.walk(
                    segments,
                    size,
                    (segment, next) -> {
                        endedBefore.put(segment, ended);
                        begun.add(segment);
                        return SegmentWalk.extent(
                                ahead == null
                                        ? streamed(follower, segment, next)
                                        : buffered(follower, segment, next, ahead));
                    },
                    progress);
        }
        if (isFromTheStart) {
            begunBefore = 0;
        }
        return result(
                missing.stream().map(this::withTimes).toList(), follower.unknownRecords() + follower.damagedRecords());
    }

    private UnreadWal withTimes(UnreadWal each) {
        return each.between(
                each.next()
                        .map(next -> endedBefore.getOrDefault(next, Optional.empty()))
                        .orElse(ended),
                each.next().flatMap(next -> Optional.ofNullable(endedFrom.get(next))));
    }

    private boolean isBuffered() {
        return size.bytes() <= MOST_BUFFERED;
    }

    private Optional<SegmentRead> buffered(
            TransactionFollower follower, Segment segment, Optional<Segment> next, ReadAhead ahead) throws IOException {
        Optional<byte[]> content = ahead.next();
        return content.isEmpty()
                ? Optional.empty()
                : Optional.of(follower.read(
                        new ByteArrayInputStream(content.get()),
                        () -> next.isEmpty()
                                ? InputStream.nullInputStream()
                                : ahead.peek()
                                        .<InputStream>map(ByteArrayInputStream::new)
                                        .orElseGet(InputStream::nullInputStream),
                        segment,
                        size));
    }

    private Optional<SegmentRead> streamed(TransactionFollower follower, Segment segment, Optional<Segment> next)
            throws IOException {
        return sources.readOnce(segment, (in, rest) -> follower.read(in, () -> rest.openIntact(next), segment, size));
    }

    private void ended(EndedTransaction transaction) {
        if (transaction.outcome() == Outcome.COMMITTED) {
            commits.add(transaction.end().at());
        }
        Instant time = transaction.time();
        begun.forEach(segment -> endedFrom.put(segment, time));
        begun.clear();
        ended = Optional.of(time);
        if (transaction.outcome() != Outcome.COMMITTED && isAsked(transaction)) {
            rolledBack = Optional.of(transaction);
        }
        if (transaction.outcome() == Outcome.COMMITTED
                && since.filter(time::isBefore).isEmpty()
                && until.filter(time::isAfter).isEmpty()) {
            transactions++;
            first = first.filter(known -> !time.isBefore(known)).or(() -> Optional.of(time));
            last = last.filter(known -> !time.isAfter(known)).or(() -> Optional.of(time));
            long before = left + found.size();
            find(transaction);
            if (question.table().isPresent()
                    && transaction.knowledge().contains(Gap.BEGUN_BEFORE)
                    && left + found.size() == before) {
                begunBefore++;
            }
        }
        names.follow(transaction);
        transaction.created().forEach((oid, created) -> {
            long database = transaction.database().orElse(0);
            if (created.hasName() && question.mayMean(created.name()) && isInDatabase(database)) {
                wanted.add(new Place(database, oid));
            }
        });
    }

    private boolean isInDatabase(long oid) {
        return question.nameOfDatabase()
                .map(name -> names.database(oid).name().equals(Optional.of(name)))
                .orElse(true);
    }

    private void find(EndedTransaction transaction) {
        if (question.xid().isPresent()) {
            if (!isAsked(transaction)) {
                return;
            }
            asked.add(transaction);
        }
        for (Change each : transaction.changes()) {
            List<Place> places = places(transaction, each);
            find(transaction, each, places);
            if (isGone(transaction, each, places)) {
                boolean isCounted =
                        gone.filter(known -> known.newest().equals(transaction)).isPresent();
                gone = Optional.of(new Gone(gone.map(Gone::count).orElse(0L) + (isCounted ? 0 : 1), transaction));
            }
            if (each.kind() == Kind.DROP) {
                places.stream().filter(wanted::contains).forEach(dropped::add);
            }
        }
        // Most transactions change some rows: they are not looked up.
        boolean isAny = question.xid().isPresent() || question.table().isPresent();
        long least = isAny ? 1 : Math.min(question.leastRows(), LEAST / HALF);
        for (Change each : transaction.massChanges(least)) {
            RelFileLocator file = each.newFiles().getFirst();
            if (!file.isSystem()) {
                names.ofFile(file).ifPresent(place -> findRows(transaction, each, place));
            }
        }
        if (found.size() > 4 * question.most() + 1000) {
            forgetTheLeast();
        }
    }

    private boolean isGone(EndedTransaction transaction, Change change, List<Place> places) {
        return question.table().isPresent()
                && question.xid().isEmpty()
                && (change.kind() == Kind.DROP || change.kind() == Kind.TRUNCATE)
                && transaction.database().stream().anyMatch(wantedDatabases::contains)
                && places.stream().anyMatch(names::isUnknown)
                && places.stream().noneMatch(this::isWanted);
    }

    private boolean isAsked(EndedTransaction transaction) {
        return question.xid().isPresent() && transaction.has(question.xid().getAsLong());
    }

    private void findRows(EndedTransaction transaction, Change change, Place place) {
        find(transaction, change, List.of(place));
        if (question.xid().isPresent()
                || question.table().isEmpty()
                || !question.kinds().contains(change.kind())) {
            return;
        }
        if (isWanted(place)) {
            smaller += isLarge(transaction, change, List.of(place)) ? 0 : 1;
        } else if (names.isUnknown(place) && change.rows() >= MANY) {
            unnamed++;
        }
    }

    private void find(EndedTransaction transaction, Change change, List<Place> places) {
        if (!places.isEmpty() && isWanted(transaction, change, places)) {
            found.add(new Found(
                    transaction,
                    change,
                    places,
                    rows(transaction, places),
                    Hit.look(transaction, change)
                            .map(look ->
                                    commits.between(look.at(), change.before().at()))
                            .orElse(OptionalLong.empty())));
        }
    }

    private OptionalLong rows(EndedTransaction transaction, List<Place> places) {
        return names.rows(places, transaction.end().at());
    }

    private List<Place> places(EndedTransaction transaction, Change change) {
        return switch (change.kind()) {
            case DATABASE_DROP, TABLESPACE_DROP ->
                change.oids().stream().map(oid -> new Place(oid, oid)).toList();
            case DROP, TEMPORARY_DROP, TRUNCATE, REWRITE, TABLESPACE_CHANGE, REINDEX, MASS_DELETE, MASS_UPDATE ->
                names.shown(transaction, change);
        };
    }

    private boolean isWanted(EndedTransaction transaction, Change change, List<Place> places) {
        if (question.xid().isPresent()) {
            return true;
        }
        return question.kinds().contains(change.kind())
                && (question.table().isEmpty() || concerns(change, places))
                && isLarge(transaction, change, places);
    }

    private boolean concerns(Change change, List<Place> places) {
        return change.kind() == Kind.DATABASE_DROP
                ? places.stream().anyMatch(each -> wantedDatabases.contains(each.oid()))
                : places.stream().anyMatch(this::isWanted);
    }

    private boolean isLarge(EndedTransaction transaction, Change change, List<Place> places) {
        return switch (change.kind()) {
            case MASS_DELETE, MASS_UPDATE ->
                change.rows() >= question.leastRows() || isHalf(change.rows(), rows(transaction, places));
            default -> true;
        };
    }

    private static boolean isHalf(long rows, OptionalLong of) {
        return of.isPresent() && of.getAsLong() >= LEAST && rows >= of.getAsLong() / HALF;
    }

    private boolean isWanted(Place place) {
        return wanted.contains(place) || wanted.contains(new Place(0, place.oid()));
    }

    /**
     * Keeps the worst ones, and of equal ones the newest; of one table, what dropped or emptied it before all others.
     */
    private void forgetTheLeast() {
        List<Found> worst = found.stream()
                .sorted(Comparator.comparing((Found each) -> question.table().isPresent() && !each.isOfRows())
                        .thenComparingLong(Found::rows)
                        .thenComparing(each -> each.transaction().endOfEnd())
                        .reversed())
                .limit(question.most())
                .toList();
        left += found.size() - worst.size();
        found.clear();
        found.addAll(worst);
    }

    private Result result(List<UnreadWal> missing, long unknown) {
        forgetTheLeast();
        List<Hit> hits = found.stream()
                .sorted(Comparator.comparing((Found each) -> each.transaction().endOfEnd())
                        .reversed())
                .map(this::hit)
                .toList();
        return new Result(
                hits,
                left,
                smaller,
                unnamed,
                gone,
                begunBefore,
                transactions,
                first,
                last,
                missing,
                unknown,
                asked,
                rolledBack);
    }

    private List<Named> lost(Change change) {
        return change.kind() == Kind.DATABASE_DROP
                ? wanted.stream()
                        .filter(place -> change.oids().contains(place.database()) && !dropped.contains(place))
                        .map(place -> names.named(place, false))
                        .filter(named -> named.name().isPresent())
                        .sorted(Comparator.comparing(Named::text))
                        .toList()
                : List.of();
    }

    private Hit hit(Found each) {
        boolean isMass = each.isOfRows();
        List<Named> what = each.places().stream()
                .map(place -> switch (each.change().kind()) {
                    case DATABASE_DROP -> names.database(place.oid());
                    case TABLESPACE_DROP -> new Named(Optional.empty(), place.oid(), false, false);
                    default -> names.named(place, isMass);
                })
                .toList();
        long database = each.places().getFirst().database();
        boolean isInDatabase = switch (each.change().kind()) {
            case DATABASE_DROP, TABLESPACE_DROP -> false;
            default -> database != 0;
        };
        return new Hit(
                each.transaction(),
                each.change(),
                what,
                isInDatabase ? Optional.of(names.database(database).text()) : Optional.empty(),
                lost(each.change()),
                isMass ? OptionalLong.of(each.change().rows()) : OptionalLong.empty(),
                each.of(),
                each.between());
    }
}
