// SPDX-License-Identifier: Apache-2.0
package org.tidemark.archiver.fetch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.tidemark.archiver.ArchiveFixture.SIZE;
import static org.tidemark.archiver.ArchiveFixture.SYSTEM;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tidemark.archiver.ArchiveFixture;
import org.tidemark.archiver.UnwillingStore;
import org.tidemark.archiver.fetch.Recovery.TargetTimeline;
import org.tidemark.archiver.fetch.WalFetcher.FetchRequest;
import org.tidemark.archiver.fetch.WalFetcher.FetchResult;
import org.tidemark.catalog.ClusterArchive;
import org.tidemark.catalog.ClusterIdentity;
import org.tidemark.catalog.Repository;
import org.tidemark.catalog.format.Codec;
import org.tidemark.catalog.format.ContainerKind;
import org.tidemark.catalog.format.EncodedObject;
import org.tidemark.catalog.format.Encoding;
import org.tidemark.catalog.format.ObjectEncoder;
import org.tidemark.core.ExitCode;
import org.tidemark.core.Lsn;
import org.tidemark.core.Timeline;
import org.tidemark.core.TimelineHistory;
import org.tidemark.core.TimelineHistory.Switch;
import org.tidemark.core.TimelinePath;
import org.tidemark.core.TimelinePath.SegmentSource;
import org.tidemark.core.UserFacingException;
import org.tidemark.core.WalFile;
import org.tidemark.core.WalFile.Segment;
import org.tidemark.store.ByteRange;
import org.tidemark.store.MemoryStore;
import org.tidemark.store.ObjectKey;
import org.tidemark.store.ObjectSource;
import org.tidemark.testkit.Rounds;
import org.tidemark.testkit.WalFixtures;

/**
 * Random timelines, of which each repository holds some files, some of them damaged; and recoveries that ask as
 * PostgreSQL does. What they are given is the path's, byte for byte, and where they are told that there is no more,
 * there is none.
 */
class FetchingPropertiesTest {
    /** PostgreSQL leaves the segment 0 out. */
    private static final long FIRST = 1;

    private static final int SEGMENTS = 4;
    private static final long STEP = SIZE.bytes() / 4;

    @TempDir
    private Path directory;

    /** One that holds a part of what was written. */
    private static final class Holder {
        final String name;
        final UnwillingStore store = new UnwillingStore(new MemoryStore(Clock.systemUTC()));
        final Set<Segment> segments = new TreeSet<>();
        final Set<Segment> damaged = new TreeSet<>();
        final Map<Segment, Lsn> partials = new TreeMap<>();
        final Set<Timeline> histories = new TreeSet<>();
        boolean down;

        Holder(String name) throws IOException {
            this.name = name;
            Repository.create(store, Clock.systemUTC())
                    .register(new ClusterIdentity(ArchiveFixture.CLUSTER, SYSTEM, SIZE, 8192, 18), Clock.systemUTC());
        }

        ClusterArchive archive() throws IOException {
            return Repository.open(store, Optional.empty())
                    .incarnation(ArchiveFixture.CLUSTER, SYSTEM)
                    .orElseThrow();
        }

        WalSource source() {
            return new WalSource(name, () -> archive().wal());
        }

        void is(boolean down) {
            this.down = down;
            store.is(down ? new UnwillingStore.Mood.Down() : new UnwillingStore.Mood.Well());
        }

        boolean holdsIntact(Segment segment) {
            return segments.contains(segment) && !damaged.contains(segment);
        }

        @Override
        public String toString() {
            return name + (down ? " down" : "") + " holds " + segments + ", damaged " + damaged + ", partial "
                    + partials + ", histories " + histories;
        }
    }

    private final class World {
        final Random random;
        final Map<Timeline, TimelineHistory> histories = new TreeMap<>();
        final Map<Segment, byte[]> written = new TreeMap<>();
        final List<Holder> holders = new ArrayList<>();
        final Path spool;

        World(int number, Random random) throws IOException {
            this.random = random;
            spool = Files.createDirectory(directory.resolve("world" + number));
            histories.put(Timeline.FIRST, TimelineHistory.root(Timeline.FIRST));
            for (int id = 2; id <= 1 + random.nextInt(4); id++) {
                fork(new Timeline(id), history(new Timeline(1 + random.nextInt(id - 1))));
            }
            histories.values().forEach(this::write);
            for (int i = 0; i <= random.nextInt(3); i++) {
                Holder holder = new Holder("repository" + i);
                fill(holder);
                holders.add(holder);
            }
        }

        private void fork(Timeline child, TimelineHistory parent) {
            long begin = Math.max(parent.begin().value() / STEP, FIRST * 4) + 1;
            long last = (SEGMENTS + 1) * 4 - 1;
            long at = STEP * (begin + (begin < last ? random.nextInt((int) (last - begin)) : 0));
            List<Switch> switches = new ArrayList<>(parent.switches());
            switches.add(new Switch(parent.timeline(), new Lsn(at), "x"));
            histories.put(child, new TimelineHistory(child, switches));
        }

        private void write(TimelineHistory history) {
            Timeline timeline = history.timeline();
            long first = Math.max(FIRST, SIZE.segmentNumber(history.begin()));
            for (long index = first; index <= SEGMENTS; index++) {
                Segment segment = Segment.of(timeline, index, SIZE);
                written.put(
                        segment,
                        index == first && !history.switches().isEmpty()
                                ? WalFixtures.promoted(before(history, index), timeline, history.begin())
                                : WalFixtures.segment(segment, SYSTEM, SIZE, timeline.id()));
            }
        }

        private byte[] before(TimelineHistory child, long index) {
            return bytes(Segment.of(child.switches().getLast().parent(), index, SIZE));
        }

        private void fill(Holder holder) throws IOException {
            int last = random.nextInt(SEGMENTS + 1);
            for (Map.Entry<Segment, byte[]> each : written.entrySet()) {
                Segment segment = each.getKey();
                if (segment.index(SIZE) > last || random.nextInt(6) == 0) {
                    continue;
                }
                put(holder, segment, each.getValue());
                holder.segments.add(segment);
                if (random.nextInt(15) == 0) {
                    damage(holder, segment);
                    holder.damaged.add(segment);
                }
            }
            for (Map.Entry<Segment, byte[]> each : written.entrySet()) {
                Lsn begin = history(each.getKey().timeline()).begin();
                if (random.nextInt(4) == 0) {
                    int pages = 1 + random.nextInt(SIZE.bytes() / WalFixtures.PAGE_BYTES);
                    Lsn end = each.getKey().start(SIZE).plus((long) pages * WalFixtures.PAGE_BYTES);
                    if (!end.isAfter(begin)) {
                        continue;
                    }
                    byte[] content = WalFixtures.switchedAfter(pages, each.getValue());
                    put(holder, new WalFile.PartialSegment(each.getKey()), end, content);
                    holder.partials.put(each.getKey(), end);
                }
            }
            for (TimelineHistory history : histories.values()) {
                if (!history.switches().isEmpty() && random.nextInt(5) > 0) {
                    put(holder, new WalFile.TimelineHistoryFile(history.timeline()), text(history));
                    holder.histories.add(history.timeline());
                }
            }
        }

        private void put(Holder holder, WalFile file, byte[] content) throws IOException {
            put(holder, file, new Lsn(0), content);
        }

        private void put(Holder holder, WalFile file, Lsn end, byte[] content) throws IOException {
            try (EncodedObject encoded = ObjectEncoder.encode(
                    ContainerKind.of(file),
                    file.name(),
                    SYSTEM,
                    Encoding.of(Codec.parse("zstd:1")),
                    ObjectSource.of(content),
                    spool)) {
                holder.archive().wal().put(file, end, encoded);
            }
        }

        private void damage(Holder holder, Segment segment) throws IOException {
            ObjectKey key = holder.archive().wal().key(segment);
            byte[] object;
            try (InputStream in = holder.store.open(key, ByteRange.ALL)) {
                object = in.readAllBytes();
            }
            object[object.length - 1 - random.nextInt(object.length / 2)] ^= 1;
            holder.store.delete(List.of(key));
            holder.store.putIfAbsent(key, ObjectSource.of(object));
        }

        boolean anyIsDown() {
            return holders.stream().anyMatch(holder -> holder.down);
        }

        /** Of the path to {@code target}, as if nothing were missing. */
        byte[] truth(TimelineHistory target, long index) {
            byte[] truth = new byte[SIZE.bytes()];
            for (int offset = 0; offset < truth.length; offset += (int) STEP) {
                Timeline owner = target.ownerOf(SIZE.start(index).plus(offset));
                System.arraycopy(bytes(Segment.of(owner, index, SIZE)), offset, truth, offset, (int) STEP);
            }
            return truth;
        }

        private TimelineHistory history(Timeline timeline) {
            return Optional.ofNullable(histories.get(timeline)).orElseThrow();
        }

        byte[] bytes(Segment segment) {
            return Optional.ofNullable(written.get(segment)).orElseThrow();
        }
    }

    private static byte[] text(TimelineHistory history) {
        return history.switches().stream()
                .map(line -> line.parent() + "\t" + line.at() + "\t" + line.reason() + "\n")
                .collect(Collectors.joining())
                .getBytes(StandardCharsets.US_ASCII);
    }

    /** One recovery along the path to a timeline. */
    private static final class Replay {
        final World world;
        final TimelineHistory target;
        final Path walDirectory;
        final Recovery recovery;
        final TimelinePath path;
        final List<String> asked = new ArrayList<>();

        Replay(World world, Path walDirectory) throws IOException {
            this.world = world;
            this.walDirectory = walDirectory;
            List<TimelineHistory> all = List.copyOf(world.histories.values());
            target = all.get(world.random.nextInt(all.size()));
            path = new TimelinePath(target, SIZE);
            boolean named = world.random.nextBoolean();
            // PostgreSQL keeps the history that it goes by; one that it does not go by it keeps only of ancestors.
            for (TimelineHistory each : all) {
                boolean goesBy = each.equals(target);
                if (!each.switches().isEmpty()
                        && target.includes(each.timeline())
                        && (goesBy ? !named || world.random.nextBoolean() : world.random.nextBoolean())) {
                    Files.write(
                            walDirectory.resolve(new WalFile.TimelineHistoryFile(each.timeline()).name()), text(each));
                }
            }
            TargetTimeline setting = named && world.random.nextInt(3) == 0
                    ? new TargetTimeline.Unknown("a file has changed")
                    : new TargetTimeline.Fixed(target.timeline());
            recovery = new Recovery(
                    walDirectory,
                    named ? Optional.of(target.timeline()) : Optional.empty(),
                    () -> setting,
                    world.random.nextInt(4) == 0 ? Recovery.Absence.FOR_NOW : Recovery.Absence.AT_THE_END,
                    List.of(),
                    Optional.empty());
        }

        /**
         * As XLogFileReadAnyTLI() in src/backend/access/transam/xlogrecovery.c asks: of each segment the newest first.
         */
        void run() throws Exception {
            for (long index = FIRST; index <= SEGMENTS + 1; index++) {
                Optional<byte[]> segment = Optional.empty();
                try {
                    for (Timeline timeline : newestFirst()) {
                        if (segment.isEmpty() && beginOf(timeline) <= index) {
                            segment = fetch(Segment.of(timeline, index, SIZE));
                        }
                    }
                } catch (UserFacingException e) {
                    assertThat(e.exitCode())
                            .as(e.getMessage())
                            .isIn(ExitCode.STORE_UNAVAILABLE, ExitCode.DAMAGED, ExitCode.WAL_MISSING);
                    requireReason(e, index);
                    return; // PostgreSQL stops, and does not open the database
                }
                Lsn end = SIZE.start(index).plus(segment.isEmpty() ? 0 : lengthOf(segment.get()));
                if (segment.isEmpty() || end.isBefore(SIZE.start(index + 1))) {
                    if (!recovery.isStandby()) {
                        requireEnd(index, end, segment.isPresent());
                    }
                    return;
                }
            }
        }

        private List<Timeline> newestFirst() {
            return world.histories.keySet().stream()
                    .filter(target::includes)
                    .sorted((one, other) -> other.compareTo(one))
                    .toList();
        }

        private long beginOf(Timeline timeline) {
            return target.switches().stream()
                    .filter(each -> each.parent().compareTo(timeline) < 0)
                    .reduce((one, other) -> other)
                    .map(each -> SIZE.segmentNumber(each.at()))
                    .orElse(0L);
        }

        private Optional<byte[]> fetch(Segment segment) throws Exception {
            Path target = walDirectory.resolve("RECOVERYXLOG");
            Files.deleteIfExists(target);
            asked.add(segment.name());
            FetchResult result;
            try {
                result = new WalFetcher(
                                world.holders.stream().map(Holder::source).toList())
                        .fetch(new FetchRequest(
                                segment,
                                target,
                                SYSTEM,
                                SIZE,
                                recovery,
                                new FetchRequest.Patience(Duration.ZERO),
                                () -> {}));
            } catch (UserFacingException e) {
                assertThat(target).doesNotExist();
                throw e;
            }
            if (result instanceof FetchResult.Restored) {
                byte[] bytes = Files.readAllBytes(target);
                requireOnThePath(segment, bytes);
                return Optional.of(bytes);
            }
            assertThat(result).isInstanceOf(FetchResult.Absent.class);
            assertThat(target).doesNotExist();
            if (!(path.sourceOf(segment) instanceof SegmentSource.OffThePath)) {
                assertThat(world.anyIsDown()).isFalse();
                assertThat(world.holders).noneMatch(holder -> holder.segments.contains(segment));
            }
            return Optional.empty();
        }

        private static int lengthOf(byte[] segment) {
            int end = segment.length;
            while (end > 0 && segment[end - 1] == 0) {
                end--;
            }
            int page = WalFixtures.PAGE_BYTES;
            return (end + page - 1) / page * page;
        }

        private void requireOnThePath(Segment segment, byte[] bytes) {
            long index = segment.index(SIZE);
            int end = lengthOf(bytes);
            assertThat(bytes).hasSize(SIZE.bytes());
            assertThat(Arrays.mismatch(Arrays.copyOf(world.truth(target, index), end), Arrays.copyOf(bytes, end)))
                    .as("the first byte of %s that is not the path's", segment)
                    .isEqualTo(-1);
        }

        /** Nothing of the path after {@code end} is archived anywhere. */
        private void requireEnd(long index, Lsn end, boolean begun) {
            assertThat(world.anyIsDown() && !begun).isFalse();
            if (world.anyIsDown()) {
                return; // it has delivered what it could not compare with the others
            }
            assertThat(later(index, end)).isEmpty();
        }

        private List<String> later(long index, Lsn end) {
            return world.holders.stream()
                    .flatMap(holder -> Stream.concat(
                                    holder.segments.stream()
                                            .filter(each -> endOnPath(each, each.end(SIZE))
                                                    .isAfter(end)),
                                    holder.partials.entrySet().stream()
                                            .filter(each -> each.getKey().index(SIZE) > index
                                                    || target.timeline()
                                                            .equals(each.getKey()
                                                                    .timeline()))
                                            .filter(each -> endOnPath(each.getKey(), each.getValue())
                                                    .isAfter(end))
                                            .map(Map.Entry::getKey))
                            .filter(each -> each.index(SIZE) >= index)
                            .map(each -> each.name() + " in " + holder.name))
                    .toList();
        }

        /** How far the path goes through the first bytes of a segment. */
        private Lsn endOnPath(Segment segment, Lsn end) {
            return switch (path.sourceOf(segment)) {
                case SegmentSource.AsArchived as -> end;
                case SegmentSource.EndsHere ends -> end.isBefore(ends.switchPoint()) ? end : ends.switchPoint();
                case SegmentSource.OffThePath off -> new Lsn(0);
            };
        }

        /** Who stops PostgreSQL must have a reason: it may be needed forever. */
        private void requireReason(UserFacingException e, long index) {
            boolean named = recovery.timelineOption().isPresent();
            boolean historyIsLost = named
                    && !target.switches().isEmpty()
                    && world.holders.stream().noneMatch(each -> each.histories.contains(target.timeline()));
            switch (e.exitCode()) {
                case DAMAGED -> assertThat(world.holders).anyMatch(holder -> !holder.damaged.isEmpty());
                case WAL_MISSING ->
                    assertThat(historyIsLost
                                    || world.holders.stream()
                                            .anyMatch(holder -> Stream.concat(
                                                            holder.segments.stream(), holder.partials.keySet().stream())
                                                    .anyMatch(each -> each.index(SIZE) >= index
                                                            && target.includes(each.timeline()))))
                            .isTrue();
                default ->
                    assertThat(world.anyIsDown()
                                    || world.holders.stream()
                                            .anyMatch(holder -> holder.segments.stream()
                                                    .anyMatch(each -> each.index(SIZE) == index)))
                            .isTrue();
            }
            if (!historyIsLost && !world.anyIsDown()) {
                // What is needed here is not intact anywhere.
                assertThat(newestFirst())
                        .filteredOn(timeline ->
                                path.sourceOf(Segment.of(timeline, index, SIZE)) instanceof SegmentSource.AsArchived)
                        .noneMatch(timeline -> newestFirst().getFirst().equals(timeline)
                                && world.holders.stream()
                                        .anyMatch(holder -> holder.holdsIntact(Segment.of(timeline, index, SIZE))));
            }
        }

        @Override
        public String toString() {
            return "to " + target + " by " + recovery + "\nasked " + asked + "\n"
                    + world.holders.stream().map(Holder::toString).collect(Collectors.joining("\n"));
        }
    }

    @Test
    void aRecoveryIsGivenThePathAndNothingElseAndIsNotEndedEarly() throws Exception {
        long seed = Rounds.seed();
        int replays = 0;
        for (int number = 0; number < Rounds.of(10, 400); number++) {
            World world = new World(number, new Random(seed + number));
            for (int i = 0; i < 8; i++) {
                for (Holder holder : world.holders) {
                    holder.is(world.random.nextInt(6) == 0);
                }
                Path walDirectory = Files.createDirectory(directory.resolve("replay" + replays++));
                Replay replay = new Replay(world, walDirectory);
                try {
                    replay.run();
                } catch (AssertionError e) {
                    throw new AssertionError(
                            "seed " + seed + " world " + number + " " + replay + "\n" + e.getMessage(), e);
                }
                world.holders.forEach(holder -> holder.is(false));
            }
        }
    }
}
