// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.s3;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.tidemark.core.Finding;
import org.tidemark.store.s3.S3Config.Checksums;
import software.amazon.awssdk.services.s3.model.HeadObjectResponse;

/** Facts about the bucket and its server from the answers to other requests. Thread-safe. */
final class S3Remarks {
    /** The version id of objects from the time before versioning. */
    private static final String NO_VERSION = "null";

    private final S3Config config;
    private final S3Clients clients;
    private volatile @Nullable HeadObjectResponse last;

    S3Remarks(S3Config config, S3Clients clients) {
        this.config = config;
        this.clients = clients;
    }

    void saw(HeadObjectResponse head) {
        last = head;
    }

    List<Finding> all() {
        List<Finding> remarks = new ArrayList<>();
        if (config.checksums().isEmpty() && !clients.isOpen() && clients.checksums() == Checksums.HEADER) {
            remarks.add(Finding.warning(
                    "checksums",
                    "the server refuses checksums that follow the bytes: the first upload of each process goes twice",
                    "Set " + S3Options.CHECKSUMS + " = \"when-required\" for this repository."));
        }
        HeadObjectResponse head = last;
        if (head != null) {
            addVersions(remarks, head);
            addLock(remarks, head);
        }
        return remarks;
    }

    private static void addVersions(List<Finding> remarks, HeadObjectResponse head) {
        if (head.versionId() != null && !head.versionId().equals(NO_VERSION)) {
            remarks.add(Finding.warning(
                    "versions",
                    "the bucket keeps versions: deleted objects stay, hidden by a marker, and are billed",
                    "Give the bucket a lifecycle rule for noncurrent versions, or deleting frees nothing."));
        }
    }

    private void addLock(List<Finding> remarks, HeadObjectResponse head) {
        if (head.objectLockRetainUntilDate() != null) {
            remarks.add(Finding.warning(
                    "lock",
                    "objects are locked until " + head.objectLockRetainUntilDate() + " ("
                            + head.objectLockModeAsString() + ")",
                    "Until then nobody frees their room, that of the scratch objects included."));
        } else if (config.objects().lock().isPresent()) {
            remarks.add(Finding.warning(
                    "lock",
                    "'" + S3Options.LOCK_FOR + "' is set, and the server shows no lock on what was stored",
                    "Does the server know Object Lock, has the bucket been made with it, and may these credentials see"
                            + " it (s3:GetObjectRetention)? Until you know, take it that nothing is locked."));
        }
    }
}
