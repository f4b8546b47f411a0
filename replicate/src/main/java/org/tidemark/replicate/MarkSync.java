// SPDX-License-Identifier: Apache-2.0
package org.tidemark.replicate;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.tidemark.catalog.ChecksummedJson;
import org.tidemark.catalog.Listing;
import org.tidemark.catalog.layout.BackupKeys;
import org.tidemark.store.ObjectKey;
import org.tidemark.store.ObjectStore;

/** Copies the marks of one backup. */
record MarkSync(ObjectTransfer transfer) {
    private static final int MAX_MARKS = 1_000;

    /**
     * Copies marks, except those that say what was read in the other repository: they would be false for this one. Each
     * repository numbers its own marks.
     */
    void copy(BackupKeys keys) throws IOException {
        List<byte[]> here = documents(transfer.from(), keys);
        if (here.isEmpty()) {
            return;
        }
        List<byte[]> there = documents(transfer.to(), keys);
        int number = there.size();
        for (byte[] mark : here) {
            ObjectKey key = keys.mark(1);
            Optional<String> kind = ChecksummedJson.read(mark, key).find("kind", String.class);
            boolean isOfThatRepository = kind.equals(Optional.of("verified")) || kind.equals(Optional.of("drill"));
            if (!isOfThatRepository && there.stream().noneMatch(each -> Arrays.equals(each, mark))) {
                do {
                    number++;
                } while (!Arrays.equals(transfer.document(keys.mark(number), mark), mark) && number < MAX_MARKS);
            }
        }
    }

    private static List<byte[]> documents(ObjectStore store, BackupKeys keys) throws IOException {
        List<ObjectKey> found = new ArrayList<>();
        Listing.visit(store, keys.marks(), object -> found.add(object.key()));
        List<byte[]> documents = new ArrayList<>();
        for (ObjectKey key : found) {
            byte[] document = ChecksummedJson.fetch(store, key, ChecksummedJson.SMALL_BYTES);
            ChecksummedJson.open(document, key);
            documents.add(document);
        }
        return documents;
    }
}
