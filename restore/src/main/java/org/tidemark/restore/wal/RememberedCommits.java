// SPDX-License-Identifier: Apache-2.0
package org.tidemark.restore.wal;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.tidemark.catalog.format.ChecksummedJson;
import org.tidemark.catalog.layout.WalNames;
import org.tidemark.core.JsonObject;
import org.tidemark.core.Lsn;
import org.tidemark.core.UnsyncedFile;
import org.tidemark.core.UserFacingException;
import org.tidemark.core.WalFile.Segment;
import org.tidemark.postgres.wal.change.LastCommit;
import org.tidemark.recoverability.WrittenTimes.Commits;
import org.tidemark.store.ObjectKey;

/**
 * The last commits of segments that this host has read before, so that nobody reads those of a quiet cluster again and
 * again. A hint: what is remembered of a segment counts while its object has the same time; a file that is missing or
 * damaged costs a reading. Safe between processes: of two that write, the last one wins.
 *
 * @param file of one incarnation in one repository; need neither exist nor be writable
 */
record RememberedCommits(Path file) {
    private static final int MOST_SEGMENTS = 64;

    private record Stored(Segment segment, Instant at, boolean isFollowed) {}

    /**
     * What is known of a segment; empty if nothing is.
     *
     * @param isFollowed whether a record that ends in the next segment counts
     */
    Optional<Commits> of(Segment segment, Instant stored, boolean isFollowed) {
        return Optional.ofNullable(read().get(new Stored(segment, stored, isFollowed)));
    }

    /** Remembers a segment, and forgets the one that was remembered first if there are many. */
    void remember(Segment segment, Instant stored, boolean isFollowed, Commits commits) {
        Map<Stored, Commits> all = read();
        all.keySet().removeIf(each -> each.segment().equals(segment));
        while (all.size() >= MOST_SEGMENTS) {
            all.remove(all.keySet().iterator().next());
        }
        all.put(new Stored(segment, stored, isFollowed), commits);
        byte[] document = ChecksummedJson.write(Map.of(
                "segments",
                all.entrySet().stream()
                        .map(each -> encode(each.getKey(), each.getValue()))
                        .toList()));
        UnsyncedFile.replaceIfPossible(file, out -> out.write(document));
    }

    private static Map<String, Object> encode(Stored stored, Commits commits) {
        Map<String, Object> item = new LinkedHashMap<>();
        item.put("segment", stored.segment().name());
        item.put("stored", stored.at().toString());
        item.put("followed", stored.isFollowed());
        commits.last().ifPresent(last -> {
            item.put("xid", Integer.toUnsignedString(last.xid()));
            item.put("time", last.time().toString());
            item.put("end", last.end().toString());
        });
        return item;
    }

    private Map<Stored, Commits> read() {
        Map<Stored, Commits> all = new LinkedHashMap<>();
        try {
            if (Files.size(file) <= ChecksummedJson.SMALL_BYTES) {
                ChecksummedJson.read(Files.readAllBytes(file), new ObjectKey("commits"))
                        .list("segments", each -> {
                            all.put(stored(each), commits(each));
                            return each;
                        });
            }
        } catch (IOException | IllegalArgumentException | UserFacingException e) {
            // Missing, damaged, or of another version: the WAL is read.
            all.clear();
        }
        return all;
    }

    private static Stored stored(JsonObject item) {
        return new Stored(
                item.value("segment", WalNames::requireSegment),
                item.value("stored", Instant::parse),
                item.flag("followed"));
    }

    private static Commits commits(JsonObject item) {
        return new Commits(
                item.has("time")
                        ? Optional.of(new LastCommit(
                                item.value("xid", Integer::parseUnsignedInt),
                                item.value("time", Instant::parse),
                                item.value("end", Lsn::parse)))
                        : Optional.empty());
    }
}
