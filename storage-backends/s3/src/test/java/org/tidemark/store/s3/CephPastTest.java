// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.s3;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.tidemark.testkit.StoreAccess.key;
import static org.tidemark.testkit.StoreAccess.put;

import java.net.URI;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.tidemark.store.ObjectStore;
import org.tidemark.store.StorageException.StorageDenied;
import org.tidemark.testkit.CephGateway;
import org.tidemark.testkit.CephGateway.User;
import org.tidemark.testkit.InTurn;
import org.tidemark.testkit.PastContract;

/** A bucket with versions, read as of moments of the past. */
@InTurn
class CephPastTest {
    private final CephGateway ceph = CephGateway.shared();

    @Test
    void eachMomentIsReadAsItWas() throws Exception {
        String bucket = ceph.newBucket();
        ceph.keepVersions(bucket);
        try (ObjectStore now = CephServer.get().store(bucket, Map.of("checksums", "when-required"))) {
            PastContract.run(now, moment -> open(bucket, ceph.owner(), moment.toString()));
        }
    }

    @Test
    void aBucketWithoutVersionsIsDenied() throws Exception {
        try (ObjectStore past = open(ceph.newBucket(), ceph.owner(), "2026-11-27T10:00:00Z")) {
            assertThatThrownBy(() -> past.stat(key("a")))
                    .isInstanceOf(StorageDenied.class)
                    .hasMessageContaining("keeps no versions");
        }
    }

    @Test
    void withoutTheRightToListVersionsItIsDenied() throws Exception {
        String bucket = ceph.newBucket();
        ceph.keepVersions(bucket);
        User user = ceph.newUser();
        ceph.allow(bucket, user, "s3:ListBucket", "s3:GetObject");

        try (ObjectStore past = open(bucket, user, "2026-11-27T10:00:00Z")) {
            assertThatThrownBy(() -> past.stat(key("a")))
                    .isInstanceOfSatisfying(
                            StorageDenied.class,
                            e -> assertThat(e.hint().orElse("")).contains("s3:ListBucketVersions"));
            assertThatThrownBy(() -> put(past, "a", new byte[1])).hasMessageContaining("it is read as of 2026-11-27");
            assertThatThrownBy(() -> past.delete(List.of(key("a")))).isInstanceOf(StorageDenied.class);
        }
    }

    private ObjectStore open(String bucket, User user, String moment) {
        Map<String, String> options = new HashMap<>();
        options.put("endpoint", "http://127.0.0.1:" + ceph.port());
        options.put("checksums", "when-required");
        options.put("access-key-id", user.keyId());
        options.put("secret-access-key-file", S3Server.secretFile(user.secret()).toString());
        options.put("as-of", moment);
        return new S3StoreProvider().open(URI.create("s3://" + bucket), options);
    }
}
