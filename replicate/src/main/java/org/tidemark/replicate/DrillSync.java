// SPDX-License-Identifier: Apache-2.0
package org.tidemark.replicate;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.tidemark.catalog.ClusterArchive;
import org.tidemark.catalog.backup.DrillChains;
import org.tidemark.catalog.backup.DrillEvidence;
import org.tidemark.catalog.format.ChecksummedJson;
import org.tidemark.catalog.format.DamagedObjectException;
import org.tidemark.catalog.layout.DrillKeys;
import org.tidemark.replicate.SyncOptions.Comparing;
import org.tidemark.replicate.SyncOptions.SyncMode;
import org.tidemark.store.ObjectInfo;
import org.tidemark.store.ObjectKey;
import org.tidemark.store.ObjectStore;
import org.tidemark.store.StorageException.ObjectMissing;

/**
 * Copies the evidence of drills under the same keys, in the order of its numbers: what is missing in the target before
 * the first of a chain was removed there by an expiry.
 */
record DrillSync(ClusterArchive source, ClusterArchive target, ObjectTransfer transfer, DamageRepair repairs) {
    void run() throws IOException {
        Map<DrillKeys, List<ObjectInfo>> there =
                new DrillChains(transfer.to(), target.identity().keys()).listed();
        for (Map.Entry<DrillKeys, List<ObjectInfo>> chain : new DrillChains(
                        transfer.from(), source.identity().keys())
                .listed()
                .entrySet()) {
            List<ObjectKey> copies = there.getOrDefault(chain.getKey(), List.of()).stream()
                    .map(ObjectInfo::key)
                    .toList();
            List<ObjectInfo> missing = new ArrayList<>();
            for (ObjectInfo each : chain.getValue()) {
                if (copies.contains(each.key())) {
                    compare(each.key());
                } else if (copies.isEmpty() || each.key().compareTo(copies.getFirst()) > 0) {
                    missing.add(each);
                }
            }
            copy(missing);
        }
    }

    /** What was before a document that has just gone is about to go: a copy of it would leave a hole. */
    private void copy(List<ObjectInfo> missing) throws IOException {
        if (transfer.options().mode() == SyncMode.DRY_RUN) {
            missing.forEach(each -> transfer.counts().copied(each.sizeBytes()));
            return;
        }
        Map<ObjectKey, byte[]> documents = new LinkedHashMap<>();
        for (ObjectInfo each : missing) {
            try {
                byte[] document = fetch(transfer.from(), each.key());
                ChecksummedJson.open(document, each.key());
                documents.put(each.key(), document);
            } catch (DamagedObjectException e) {
                transfer.damaged(transfer.from(), e);
            } catch (ObjectMissing e) {
                documents.clear();
            }
        }
        for (Map.Entry<ObjectKey, byte[]> each : documents.entrySet()) {
            if (!Arrays.equals(transfer.document(each.getKey(), each.getValue()), each.getValue())) {
                transfer.conflict(each.getKey());
            }
        }
    }

    private void compare(ObjectKey key) throws IOException {
        Comparing comparing = transfer.options().comparing();
        if (!comparing.readsTarget()) {
            return;
        }
        try {
            byte[] there = fetch(transfer.to(), key);
            byte[] here = fetch(transfer.from(), key);
            if (!ChecksummedJson.isIntact(there, key)) {
                repairs.document(key, DrillEvidence.MAX_BYTES);
            } else if (comparing.readsHeaders() && ChecksummedJson.isIntact(here, key) && !Arrays.equals(here, there)) {
                transfer.conflict(key);
            }
        } catch (DamagedObjectException e) {
            transfer.damaged(transfer.from(), e); // one of both is too long for a document
        } catch (ObjectMissing e) {
            // An expiry has just removed it.
        }
    }

    private static byte[] fetch(ObjectStore store, ObjectKey key) throws IOException {
        return ChecksummedJson.fetch(store, key, DrillEvidence.MAX_BYTES);
    }
}
