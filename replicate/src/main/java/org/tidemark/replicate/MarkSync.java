// SPDX-License-Identifier: Apache-2.0
package org.tidemark.replicate;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.tidemark.catalog.Listing;
import org.tidemark.catalog.format.ChecksummedJson;
import org.tidemark.catalog.layout.BackupKeys;
import org.tidemark.store.ObjectKey;
import org.tidemark.store.ObjectStore;

/** Copies the marks of one backup. */
record MarkSync(ObjectTransfer transfer) {
    private static final int MAX_MARKS = 1_000;

    /**
     * The marks that belong to one repository alone: what was read in the other repository would be false for this one.
     * An operator keeps a backup in the repositories that {@code keep} was called for: each has a policy of its own,
     * and a copied keep would hold backups and WAL where nobody asked for it.
     */
    private static final Set<String> OF_ONE_REPOSITORY = Set.of("verified", "drill", "kept", "released");

    /**
     * Copies marks, except those of the other repository alone. Annotations are copied: they describe the backup,
     * wherever it is stored. Each repository numbers its own marks.
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
            boolean isOfThatRepository =
                    kind.filter(OF_ONE_REPOSITORY::contains).isPresent();
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
