// SPDX-License-Identifier: Apache-2.0
package org.tidemark.catalog.layout;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.Map;
import java.util.Random;
import java.util.UUID;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.tidemark.core.ClusterName;
import org.tidemark.core.Lsn;
import org.tidemark.core.SystemIdentifier;
import org.tidemark.core.Timeline;
import org.tidemark.core.WalFile;
import org.tidemark.core.WalSegmentSize;
import org.tidemark.store.ObjectKey;
import org.tidemark.testkit.Rounds;

class ObjectNameTest {
    private static final String ID = "20261120T063011Z-2";
    private static final IncarnationKeys MAIN = new IncarnationKeys(new ClusterName("main"), new SystemIdentifier(7));

    private final Random random = Rounds.random();

    @Test
    void everyKeyOfTheFormatSaysWhatItIs() {
        BackupKeys keys = MAIN.backup(new BackupId(ID));
        WalFile.Segment segment = (WalFile.Segment) WalFile.parse("00000001000000A900000065");

        assertThat(ObjectName.parse(new ObjectKey("tidemark.json"))).isEqualTo(new ObjectName.RepositoryIdentity());
        assertThat(ObjectName.parse(new ObjectKey("rescue-12.sh"))).isEqualTo(new ObjectName.Guide("rescue-12.sh"));
        assertThat(ObjectName.parse(new ObjectKey("other.txt"))).isInstanceOf(ObjectName.Foreign.class);
        assertThat(ObjectName.parse(new ObjectKey("check/x"))).isInstanceOf(ObjectName.Scratch.class);
        assertThat(parse("cluster.json")).isEqualTo(new ObjectName.IncarnationIdentity(MAIN));
        assertThat(parse("wal/00000001/000000A9/00000001000000A900000065"))
                .isEqualTo(new ObjectName.Segment(MAIN, segment));
        assertThat(parse("wal/00000001/000000A9/00000001000000A900000065.00000028.backup"))
                .isEqualTo(new ObjectName.BackupHistory(MAIN, new WalFile.BackupHistoryFile(segment, 0x28)));
        assertThat(parse("wal/00000001/000000A9/00000001000000A900000065.partial-000000A965000000-0123456789abcdef"))
                .isEqualTo(new ObjectName.Partial(
                        MAIN, new StoredPartial(segment, new Lsn(0xA965000000L), "0123456789abcdef")));
        assertThat(parse("history/00000002.history"))
                .isEqualTo(new ObjectName.History(MAIN, new WalFile.TimelineHistoryFile(new Timeline(2))));
        assertThat(parse("catalog/" + ID + "/intent.json")).isEqualTo(new ObjectName.Intent(keys));
        assertThat(parse("catalog/" + ID + "/bundles")).isEqualTo(new ObjectName.BundleList(keys));
        assertThat(parse("catalog/" + ID + "/backup.json")).isEqualTo(new ObjectName.BackupDocument(keys));
        assertThat(parse("backup/" + ID + "/bundle/00000012")).isEqualTo(new ObjectName.Bundle(keys, 12));
        assertThat(parse("backup/" + ID + "/manifest/00000001")).isEqualTo(new ObjectName.ManifestPart(keys, 1));
        assertThat(parse("backup/" + ID + "/backup_manifest/00000003"))
                .isEqualTo(new ObjectName.PostgresManifest(keys, 3));
        assertThat(parse("backup/" + ID + "/configuration")).isEqualTo(new ObjectName.Configuration(keys));
        assertThat(parse("backup/" + ID + "/waiting.json")).isEqualTo(new ObjectName.WaitingDocument(keys));
        assertThat(parse("mark/" + ID + "/00000001.json")).isEqualTo(new ObjectName.BackupMark(keys, 1));
        assertThat(parse("mark/wal/00000001.json")).isEqualTo(new ObjectName.WalMark(MAIN, 1));
        assertThat(parse("stream/00000001/00000001000000A900000065/000000A965000000-000000A965002000-host-1"))
                .isEqualTo(new ObjectName.StreamPiece(
                        MAIN, new WalPiece(segment, new Lsn(0xA965000000L), new Lsn(0xA965002000L), "host-1")));
        assertThat(parse("gap/00000001/00000001000000A900000065-00000001000000A900000065.json"))
                .isEqualTo(new ObjectName.RemovedWal(MAIN, segment, segment));
        assertThat(parse("gap/00000001/00000001000000A900000065-00000001000000A900000065-given-up.json"))
                .isEqualTo(new ObjectName.GivenUpWal(MAIN, segment, segment));
        assertThat(parse("repaired/00000002/wal/00000001/000000A9/00000001000000A900000065"))
                .isEqualTo(new ObjectName.Repaired(MAIN, MAIN.of(segment), 2));
        assertThat(parse("repaired/00000001/wal/00000001/000000A9/00000001000000A900000065.rejected.json"))
                .isEqualTo(new ObjectName.Rejection(MAIN, MAIN.of(segment), 1));
        assertThat(parse("dead/" + ID + ".json")).isEqualTo(new ObjectName.Tombstone(keys));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "x",
                "wal/00000001/000000A9/00000002000000A900000065",
                "wal/00000001/000000AA/00000001000000A900000065",
                "wal/00000000/000000A9/00000000000000A900000065",
                "wal/00000001/000000A9/00000001000000A900000065.partial",
                "wal/00000001/000000A9/00000001000000A900000065.partial-000000A965000000-0123456789ABCDEF",
                "wal/00000001/000000A9/x/00000001000000A900000065",
                "history/00000002.historyx",
                "history/00000000.history",
                "catalog/latest/backup.json",
                "catalog/" + ID + "/backup.json.tmp",
                "catalog/" + ID,
                "backup/" + ID + "/bundle/00000000",
                "backup/" + ID + "/bundle/1",
                "backup/" + ID + "/bundle/x/00000001",
                "backup/" + ID + "/bundle/00000001.json",
                "mark/" + ID + "/00000001",
                "mark/wal/00000000.json",
                "gap/00000001/00000001000000A900000065.json",
                "gap/00000001/00000001000000A900000065-00000001000000A900000065",
                "gap/00000002/00000001000000A900000065-00000001000000A900000065.json",
                "dead/x",
                "dead/run-1.json",
            })
    void anyOtherKeyIsUnknown(String rest) {
        ObjectKey key = new ObjectKey("main/7/" + rest);

        assertThat(ObjectName.parse(MAIN, key)).isEqualTo(new ObjectName.Unknown(MAIN, key));
        assertThat(ObjectName.parse(key)).isEqualTo(new ObjectName.Unknown(MAIN, key));
    }

    @ParameterizedTest
    @ValueSource(strings = {"x", "main/7", "main/07/cluster.json", "lost-found/x/y", "main/x/y"})
    void aKeyOfNoIncarnationIsForeign(String key) {
        assertThat(ObjectName.parse(new ObjectKey(key))).isEqualTo(new ObjectName.Foreign(new ObjectKey(key)));
    }

    /** A cluster may be called as the folder of scratch objects is. */
    @Test
    void theFolderOfScratchObjectsHidesNoCluster() {
        IncarnationKeys check = new IncarnationKeys(new ClusterName("check"), new SystemIdentifier(7));

        assertThat(ObjectName.parse(check.identity())).isEqualTo(new ObjectName.IncarnationIdentity(check));
    }

    @Test
    void everyKindIsReadBackFromItsKeyAndEveryKeyIsKept() {
        Map<Class<?>, Supplier<ObjectName>> kinds = kinds();
        assertThat(kinds.keySet()).isEqualTo(recordsOf(ObjectName.class).collect(Collectors.toSet()));

        for (int i = 0; i < Rounds.of(200, 20_000); i++) {
            for (Supplier<ObjectName> kind : kinds.values()) {
                ObjectName name = kind.get();
                assertThat(ObjectName.parse(name.key())).isEqualTo(name);
                String changed = changed(name.key().value());
                if (ObjectKey.isKey(changed)) {
                    ObjectKey key = new ObjectKey(changed);
                    assertThat(ObjectName.parse(key).key()).isEqualTo(key);
                }
            }
        }
    }

    /** The number of a segment is read without making an object: by the same rule. */
    @Test
    void aNumberIsReadFromTheKeysOfSegmentsAlone() {
        Map<Class<?>, Supplier<ObjectName>> kinds = kinds();
        for (int i = 0; i < Rounds.of(2_000, 100_000); i++) {
            WalSegmentSize size = new WalSegmentSize(1 << random.nextInt(20, 31));
            IncarnationKeys incarnation = incarnation();
            WalFile.Segment segment = segment();
            ObjectKey key = incarnation.of(segment);
            requireNumber(key, incarnation, segment.timeline(), size);
            requireNumber(key, incarnation, timeline(), size);
            String changed = changed(key.value());
            if (ObjectKey.isKey(changed)) {
                requireNumber(new ObjectKey(changed), incarnation, segment.timeline(), size);
            }
        }
        for (Supplier<ObjectName> kind : kinds.values()) {
            requireNumber(kind.get().key(), MAIN, Timeline.FIRST, WalSegmentSize.DEFAULT);
        }
    }

    private static void requireNumber(
            ObjectKey key, IncarnationKeys incarnation, Timeline timeline, WalSegmentSize size) {
        boolean isSegment = key.value().startsWith(incarnation.timeline(timeline))
                && ObjectName.parse(incarnation, key) instanceof ObjectName.Segment found
                && found.file().fits(size);

        assertThat(WalNames.segmentIndex(key, incarnation.timeline(timeline), size))
                .as(key + " of timeline " + timeline)
                .isEqualTo(
                        isSegment
                                ? ((ObjectName.Segment) ObjectName.parse(incarnation, key))
                                        .file()
                                        .index(size)
                                : -1);
    }

    @ParameterizedTest
    @CsvSource({
        "20261120T063011Z, true",
        "20261120T063011Z-2, true",
        "20261120T063011Z-10, true",
        "20261120T063011Z-9999, true",
        "20240229T235959Z, true",
        "20260229T063011Z, false",
        "20260431T063011Z, false",
        "20261320T063011Z, false",
        "20260020T063011Z, false",
        "20261100T063011Z, false",
        "20261120T240000Z, false",
        "20261120T236011Z, false",
        "20261120T233060Z, false",
        "20261120T063011Z-1, false",
        "20261120T063011Z-0, false",
        "20261120T063011Z-02, false",
        "20261120T063011Z-10000, false",
        "20261120T063011Z-, false",
        "20261120T063011Z2, false",
        "20261120T063011Z-a, false",
        "20261120T063011, false",
        "20261120 063011Z, false",
        "2026112xT063011Z, false",
        "'', false",
        "latest, false"
    })
    void anIdIsATimeThatExistsAndPerhapsANumber(String text, boolean isId) {
        assertThat(BackupId.isId(text)).isEqualTo(isId);
    }

    private static Stream<Class<?>> recordsOf(Class<?> kind) {
        return kind.isRecord()
                ? Stream.of(kind)
                : Stream.of(kind.getPermittedSubclasses()).flatMap(ObjectNameTest::recordsOf);
    }

    private Map<Class<?>, Supplier<ObjectName>> kinds() {
        Map<Class<?>, Supplier<ObjectName>> kinds = new HashMap<>();
        kinds.put(ObjectName.RepositoryIdentity.class, ObjectName.RepositoryIdentity::new);
        kinds.put(ObjectName.Guide.class, () -> new ObjectName.Guide("rescue-" + random.nextInt(1, 100) + ".sh"));
        kinds.put(
                ObjectName.Scratch.class, () -> ObjectName.Scratch.of(new UUID(random.nextLong(), random.nextLong())));
        kinds.put(ObjectName.Foreign.class, () -> new ObjectName.Foreign(new ObjectKey("x/" + random.nextInt())));
        kinds.put(ObjectName.Unknown.class, () -> {
            IncarnationKeys incarnation = incarnation();
            return new ObjectName.Unknown(incarnation, incarnation.key("lost/" + random.nextInt()));
        });
        kinds.put(ObjectName.IncarnationIdentity.class, () -> new ObjectName.IncarnationIdentity(incarnation()));
        kinds.put(ObjectName.Segment.class, () -> new ObjectName.Segment(incarnation(), segment()));
        kinds.put(
                ObjectName.BackupHistory.class,
                () -> new ObjectName.BackupHistory(
                        incarnation(), new WalFile.BackupHistoryFile(segment(), random.nextInt())));
        kinds.put(
                ObjectName.Partial.class,
                () -> new ObjectName.Partial(
                        incarnation(),
                        new StoredPartial(segment(), lsn(), HexFormat.of().toHexDigits(random.nextLong()))));
        kinds.put(
                ObjectName.History.class,
                () -> new ObjectName.History(incarnation(), new WalFile.TimelineHistoryFile(timeline())));
        kinds.put(ObjectName.Intent.class, () -> new ObjectName.Intent(backup()));
        kinds.put(ObjectName.BundleList.class, () -> new ObjectName.BundleList(backup()));
        kinds.put(ObjectName.BackupDocument.class, () -> new ObjectName.BackupDocument(backup()));
        kinds.put(ObjectName.WaitingDocument.class, () -> new ObjectName.WaitingDocument(backup()));
        kinds.put(ObjectName.BackupMark.class, () -> new ObjectName.BackupMark(backup(), number()));
        kinds.put(ObjectName.Bundle.class, () -> new ObjectName.Bundle(backup(), number()));
        kinds.put(ObjectName.ManifestPart.class, () -> new ObjectName.ManifestPart(backup(), number()));
        kinds.put(ObjectName.PostgresManifest.class, () -> new ObjectName.PostgresManifest(backup(), number()));
        kinds.put(ObjectName.Configuration.class, () -> new ObjectName.Configuration(backup()));
        kinds.put(ObjectName.WalMark.class, () -> new ObjectName.WalMark(incarnation(), number()));
        kinds.put(ObjectName.StreamPiece.class, () -> {
            Lsn start = new Lsn(random.nextLong() >>> 1);
            return new ObjectName.StreamPiece(
                    incarnation(),
                    new WalPiece(
                            segment(),
                            start,
                            start.plus(1 + random.nextInt(1 << 20)),
                            oneOf("a", "host-1", "x.y_z", "0-0-0")));
        });
        kinds.put(ObjectName.RemovedWal.class, () -> new ObjectName.RemovedWal(incarnation(), segment(), segment()));
        kinds.put(ObjectName.GivenUpWal.class, () -> new ObjectName.GivenUpWal(incarnation(), segment(), segment()));
        kinds.put(ObjectName.Repaired.class, () -> {
            ObjectName.Segment original = new ObjectName.Segment(incarnation(), segment());
            return new ObjectName.Repaired(original.incarnation(), original.key(), number());
        });
        kinds.put(ObjectName.AttemptBegun.class, () -> new ObjectName.AttemptBegun(run(), number()));
        kinds.put(ObjectName.AttemptAlive.class, () -> new ObjectName.AttemptAlive(run(), number(), number()));
        kinds.put(ObjectName.AttemptEnded.class, () -> new ObjectName.AttemptEnded(run(), number()));
        kinds.put(ObjectName.AttemptElsewhere.class, () -> new ObjectName.AttemptElsewhere(run(), UUID.randomUUID()));
        kinds.put(
                ObjectName.DrillEvidence.class,
                () -> new ObjectName.DrillEvidence(
                        new DrillKeys(incarnation(), UUID.randomUUID(), UUID.randomUUID()), number()));
        kinds.put(ObjectName.Rejection.class, () -> {
            ObjectName.Segment original = new ObjectName.Segment(incarnation(), segment());
            return new ObjectName.Rejection(original.incarnation(), original.key(), number());
        });
        kinds.put(ObjectName.Tombstone.class, () -> new ObjectName.Tombstone(backup()));
        return kinds;
    }

    private RunKeys run() {
        ScheduledTask[] tasks = ScheduledTask.values();
        return new RunKeys(
                incarnation(),
                tasks[random.nextInt(tasks.length)],
                Instant.ofEpochSecond(random.nextLong(4_000_000_000L)));
    }

    private String changed(String key) {
        int at = random.nextInt(key.length());
        return switch (random.nextInt(3)) {
            case 0 -> key.substring(0, at);
            case 1 -> key.substring(0, at) + key.substring(at + 1);
            default -> key.substring(0, at) + oneOf("0", "A", "a", "/", "-", ".", ".json", "/wal/") + key.substring(at);
        };
    }

    private String oneOf(String... texts) {
        return texts[random.nextInt(texts.length)];
    }

    private IncarnationKeys incarnation() {
        return new IncarnationKeys(
                new ClusterName(oneOf("main", "check", "wal", "a-1", "x_y.z")),
                new SystemIdentifier(random.nextLong()));
    }

    private BackupKeys backup() {
        Instant started = Instant.ofEpochSecond(random.nextLong(4_000_000_000L));
        return incarnation().backup(BackupId.of(started, random.nextBoolean() ? 1 : random.nextInt(2, 10_000)));
    }

    private Timeline timeline() {
        return new Timeline(random.nextInt(1, Integer.MAX_VALUE));
    }

    private WalFile.Segment segment() {
        return new WalFile.Segment(timeline(), random.nextInt(), random.nextInt());
    }

    private Lsn lsn() {
        return new Lsn(random.nextLong());
    }

    private int number() {
        return random.nextInt(1, 1_000_000);
    }

    private static ObjectName parse(String rest) {
        return ObjectName.parse(MAIN, new ObjectKey("main/7/" + rest));
    }
}
