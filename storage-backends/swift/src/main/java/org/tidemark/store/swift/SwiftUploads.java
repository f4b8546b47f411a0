// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.swift;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.tidemark.store.ObjectKey;
import org.tidemark.store.ObjectPage;
import org.tidemark.store.ObjectStore;
import org.tidemark.store.StorageException;
import org.tidemark.store.UnfinishedUploads;
import org.tidemark.store.swift.ContainerListing.Entry;
import org.tidemark.store.swift.SwiftErrors.Doing;

/**
 * Segments that no manifest names: their uploads broke off, or their object was deleted while they were not. The object
 * itself says in a header of its own which upload's segments it is made of. Thread-safe.
 */
final class SwiftUploads implements UnfinishedUploads {
    private final Container container;
    private final ContainerListing listing;
    private final Deletion deletion;

    SwiftUploads(Container container, ContainerListing listing, Deletion deletion) {
        this.container = container;
        this.listing = listing;
        this.deletion = deletion;
    }

    @Override
    public List<Upload> begunBefore(String prefix, Instant time, int limit) throws StorageException {
        ObjectPage.checkRequest(prefix, limit);
        List<Upload> unfinished = new ArrayList<>();
        String marker = "";
        while (unfinished.size() < limit) {
            List<Entry> entries = listing.names(SegmentName.BEGIN + prefix, marker, ObjectStore.MAX_PAGE);
            if (entries.isEmpty()) {
                break;
            }
            Entry first = entries.getFirst();
            Optional<SegmentName> segment = SegmentName.parse(first.name());
            if (segment.isEmpty()) {
                marker = first.name();
                continue;
            }
            ObjectKey key = segment.get().key();
            String beginning = SegmentName.ofUpload(key, segment.get().upload());
            // The next page begins behind this upload, however many segments it has.
            marker = SegmentName.endOfUpload(key, segment.get().upload());
            Upload upload = new Upload(key, segment.get().upload(), oldest(entries, beginning));
            if (upload.begun().isBefore(time) && !isInUse(upload)) {
                unfinished.add(upload);
            }
        }
        return unfinished;
    }

    /** A segment that was tried again is younger than those after it. */
    private static Instant oldest(List<Entry> entries, String beginning) {
        return entries.stream()
                .filter(entry -> entry.name().startsWith(beginning))
                .map(Entry::stored)
                .min(Instant::compareTo)
                .orElseThrow();
    }

    private boolean isInUse(Upload upload) throws StorageException {
        return container
                .headNewest(Doing.LOOK_UP, upload.key().value())
                .flatMap(StoredObject::upload)
                .filter(upload.id()::equals)
                .isPresent();
    }

    @Override
    public void abort(Upload upload) throws StorageException {
        if (isInUse(upload)) {
            return;
        }
        String beginning = SegmentName.ofUpload(upload.key(), upload.id());
        List<Entry> entries;
        String marker = "";
        do {
            entries = listing.names(beginning, marker, ObjectStore.MAX_PAGE);
            deletion.deleteNames(entries.stream()
                    .map(Entry::name)
                    .filter(name -> SegmentName.parse(name).isPresent())
                    .toList());
            marker = entries.isEmpty() ? "" : entries.getLast().name();
        } while (entries.size() == ObjectStore.MAX_PAGE);
    }
}
