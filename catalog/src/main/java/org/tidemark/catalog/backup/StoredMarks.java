// SPDX-License-Identifier: Apache-2.0
package org.tidemark.catalog.backup;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.IntFunction;
import java.util.regex.Pattern;
import org.tidemark.catalog.Listing;
import org.tidemark.catalog.backup.Mark.BackupMarks;
import org.tidemark.catalog.backup.Mark.BackupMarks.UnreadableMark;
import org.tidemark.catalog.format.ChecksummedJson;
import org.tidemark.catalog.format.DamagedObjectException;
import org.tidemark.catalog.layout.IncarnationKeys;
import org.tidemark.catalog.layout.ObjectName;
import org.tidemark.store.ObjectInfo;
import org.tidemark.store.ObjectKey;
import org.tidemark.store.ObjectSource;
import org.tidemark.store.ObjectStore;
import org.tidemark.store.StorageException.ObjectExists;

/** The marks of one incarnation. Thread-safe. */
final class StoredMarks {
    /** Each mark has a number, and is JSON; or it had the name of one, and was renamed. */
    private static final Pattern LIKE_A_MARK =
            Pattern.compile("(?is)(?:.*/)?(?:[^/]*[0-9][^/]*\\.json[^/]*|[._~]*[0-9]{8}(?![0-9])[^/]*)");

    private final ObjectStore store;
    private final IncarnationKeys incarnation;

    StoredMarks(ObjectStore store, IncarnationKeys incarnation) {
        this.store = store;
        this.incarnation = incarnation;
    }

    /**
     * Reads them, several at a time.
     *
     * @param folder of the marks of all backups and of the WAL, or of one of them
     */
    BackupMarks below(String folder, Optional<DocumentCache> cache) throws IOException {
        List<ObjectInfo> found = new ArrayList<>();
        Listing.visit(store, folder, found::add);
        List<ObjectInfo> byAge = new ArrayList<>(found);
        byAge.sort(Comparator.comparing(ObjectInfo::stored));
        ListedDocuments documents = new ListedDocuments(cache, byAge);
        Map<String, List<Mark>> marks = new TreeMap<>();
        List<UnreadableMark> unreadable = new ArrayList<>();
        List<ObjectKey> foreign = new ArrayList<>();
        List<MarkReading> readings =
                DocumentReads.inOrder(found, object -> read(ObjectName.parse(incarnation, object.key()), documents));
        documents.save();
        for (MarkReading each : readings) {
            switch (each) {
                case MarkReading.Read read -> {
                    marks.computeIfAbsent(read.owner(), owner -> new ArrayList<>())
                            .add(read.mark());
                    if (read.mark() instanceof Mark.Kept || read.mark() instanceof Mark.Released) {
                        unreadable.replaceAll(mark -> isOf(read.owner(), mark) ? mark.settled() : mark);
                    }
                }
                case MarkReading.Damaged damaged -> unreadable.add(damaged.mark());
                case MarkReading.Foreign strange -> foreign.add(strange.key());
                case MarkReading.NoMark _ -> {}
            }
        }
        return new BackupMarks(marks, unreadable, foreign);
    }

    private boolean isOf(String backup, UnreadableMark mark) {
        return ObjectName.parse(incarnation, mark.key()) instanceof ObjectName.BackupMark name
                && name.keys().id().value().equals(backup);
    }

    /** What came of an object in the folder of marks. */
    private sealed interface MarkReading {
        record Read(String owner, Mark mark) implements MarkReading {}

        record Damaged(UnreadableMark mark) implements MarkReading {}

        /** What a person or another program has put there. */
        record Foreign(ObjectKey key) implements MarkReading {}

        record NoMark() implements MarkReading {}
    }

    private MarkReading read(ObjectName.OfIncarnation name, ListedDocuments documents) throws IOException {
        return switch (name) {
            case ObjectName.BackupMark mark -> read(name.key(), mark.keys().id().value(), documents);
            case ObjectName.WalMark _ -> read(name.key(), BackupMarks.WAL, documents);
            // It may be a mark anyway, of a later program or renamed, which must not be passed over.
            case ObjectName.Unknown _
            when LIKE_A_MARK.matcher(name.key().value()).matches() ->
                new MarkReading.Damaged(new UnreadableMark(name.key(), "does not have the name of a mark", false));
            case ObjectName.Unknown _ -> new MarkReading.Foreign(name.key());
            // No listing of marks gives these.
            case ObjectName.Wal _,
                    ObjectName.History _,
                    ObjectName.IncarnationIdentity _,
                    ObjectName.Intent _,
                    ObjectName.BundleList _,
                    ObjectName.BackupDocument _,
                    ObjectName.WaitingDocument _,
                    ObjectName.BackupData _,
                    ObjectName.Tombstone _,
                    ObjectName.RemovedWal _,
                    ObjectName.GivenUpWal _,
                    ObjectName.Attempt _,
                    ObjectName.DrillEvidence _,
                    ObjectName.Repaired _,
                    ObjectName.StreamPiece _,
                    ObjectName.Rejection _ -> new MarkReading.NoMark();
        };
    }

    private MarkReading read(ObjectKey key, String owner, ListedDocuments documents) throws IOException {
        try {
            Mark mark = documents.read(
                    key,
                    () -> ChecksummedJson.fetch(store, key, ChecksummedJson.SMALL_BYTES),
                    (document, isIntact) -> MarkJson.decode(document, key));
            return new MarkReading.Read(owner, mark);
        } catch (DamagedObjectException e) {
            return new MarkReading.Damaged(new UnreadableMark(key, "is damaged: " + e.problem(), false));
        }
    }

    /**
     * Sets a mark with the next free number.
     *
     * @param key of the mark with a number
     */
    void set(String prefix, IntFunction<ObjectKey> key, Mark mark) throws IOException {
        int[] count = {0};
        Listing.visit(store, prefix, object -> count[0]++);
        // Another process may set one at the same time, and a key that is not ours may be in the way: a few more tries.
        for (int number = count[0] + 1; ; number++) {
            try {
                store.putIfAbsent(key.apply(number), ObjectSource.of(MarkJson.encode(mark)));
                return;
            } catch (ObjectExists e) {
                if (number > count[0] + 100) {
                    throw e;
                }
            }
        }
    }
}
