// SPDX-License-Identifier: Apache-2.0
package org.tidemark.catalog.wal;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.tidemark.catalog.ClusterArchive;
import org.tidemark.catalog.Listing;
import org.tidemark.catalog.format.ChecksummedJson;
import org.tidemark.catalog.layout.IncarnationKeys;
import org.tidemark.core.JsonObject;
import org.tidemark.core.Sha256;
import org.tidemark.core.UnsyncedFile;
import org.tidemark.core.UserFacingException;
import org.tidemark.store.ObjectInfo;
import org.tidemark.store.ObjectKey;
import org.tidemark.store.ObjectStore;

/**
 * Which WAL of one archive is there, where this host may have counted the older part of a large archive before: ten
 * million segments are ten thousand requests. A count is used only to show something, and what is shown says from when
 * it is ({@link WalInventory#counted}). Nothing is decided by it. Safe between processes.
 */
public final class WalCount {
    /** A count that is older is not used. */
    public static final Duration LONGEST_USE = Duration.ofHours(24);

    /** Fewer are listed in a moment. */
    private static final long LEAST_SEGMENTS = 100L * ObjectStore.MAX_PAGE;

    /** Each run takes some 200 bytes. */
    private static final int MAX_BYTES = 16 << 20;

    private final ClusterArchive archive;
    private final Optional<Path> file;
    private final long leastSegments;
    private final int page;

    /** @param file only for this incarnation in this repository; need neither exist nor be writable */
    public WalCount(ClusterArchive archive, Optional<Path> file) {
        this(archive, file, LEAST_SEGMENTS, ObjectStore.MAX_PAGE);
    }

    /**
     * One for a small archive.
     *
     * @param leastSegments what has fewer is not remembered
     * @param page how many objects are asked for at once
     */
    WalCount(ClusterArchive archive, Optional<Path> file, long leastSegments, int page) {
        this.archive = archive;
        this.file = file;
        this.leastSegments = leastSegments;
        this.page = page;
    }

    /**
     * What is archived, to be shown: the older part as it was counted up to {@link #LONGEST_USE} ago, everything else
     * as it is. Everything is listed if there is no such count, if WAL was removed since, or if what is listed does not
     * fit it.
     */
    public WalInventory latest(Instant now) throws IOException {
        Optional<CountedWal> counted = read(now);
        if (counted.isPresent()) {
            Optional<WalInventory> inventory = reader().readAfter(counted.get());
            if (inventory.isPresent() && removals().equals(counted.get().removals())) {
                return inventory.get();
            }
        }
        return recount(now);
    }

    /** What is archived. Everything is listed, and remembered if it is much. */
    public WalInventory recount(Instant now) throws IOException {
        if (file.isEmpty()) {
            return archive.wal().inventory();
        }
        Sha256 before = removals();
        InventoryReader reader = reader();
        WalInventory inventory = reader.read();
        archive.repository().confirmPresent();
        CountedWal counted = new CountedWal(now, before, reader.older());
        if (counted.segments() >= leastSegments
                && !counted.overlaps(inventory.removed())
                && removals().equals(before)) {
            write(counted, file.get());
        } else {
            UnsyncedFile.removeIfPossible(file.get());
        }
        return inventory;
    }

    private InventoryReader reader() {
        return new InventoryReader(archive.wal(), archive.repository().store(), archive.identity(), page);
    }

    /** Tells what was removed, repaired and rejected from that of any other moment, without reading it. */
    private Sha256 removals() throws IOException {
        MessageDigest digest = Sha256.newDigest();
        IncarnationKeys keys = archive.identity().keys();
        for (String folder : List.of(keys.gaps(), keys.repaired())) {
            Listing.visit(archive.repository().store(), folder, object -> digest.update(listed(object)));
        }
        return Sha256.finish(digest);
    }

    private static byte[] listed(ObjectInfo object) {
        return (String.join(
                                " ",
                                object.key().value(),
                                Long.toString(object.sizeBytes()),
                                object.stored().toString())
                        + "\n")
                .getBytes(StandardCharsets.UTF_8);
    }

    private void write(CountedWal counted, Path to) {
        byte[] document = counted.encode(owner(), archive.identity().keys());
        if (document.length <= MAX_BYTES) {
            UnsyncedFile.replaceIfPossible(to, out -> out.write(document));
        }
    }

    /** What the file must be of. */
    private Map<String, String> owner() {
        Map<String, String> owner = new LinkedHashMap<>();
        owner.put("repository", archive.repository().id().value());
        owner.put("store", archive.repository().store().description());
        owner.put("archive", archive.identity().keys().prefix());
        owner.put(
                "walSegmentSize",
                String.valueOf(archive.identity().walSegmentSize().bytes()));
        return owner;
    }

    private Optional<CountedWal> read(Instant now) {
        if (file.isEmpty()) {
            return Optional.empty();
        }
        try {
            if (Files.size(file.get()) > MAX_BYTES) {
                return Optional.empty();
            }
            JsonObject document = ChecksummedJson.read(Files.readAllBytes(file.get()), new ObjectKey("wal"));
            CountedWal counted = CountedWal.of(document);
            boolean isOurs = owner().entrySet().stream()
                    .allMatch(each -> document.text(each.getKey()).equals(each.getValue()));
            boolean isRecent = !counted.at().isAfter(now)
                    && Duration.between(counted.at(), now).compareTo(LONGEST_USE) <= 0;
            return isOurs && isRecent ? Optional.of(counted) : Optional.empty();
        } catch (IOException | IllegalArgumentException | UserFacingException e) {
            // Missing, damaged, or of another version: everything is listed.
            return Optional.empty();
        }
    }
}
