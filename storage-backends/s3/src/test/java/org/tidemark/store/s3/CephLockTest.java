// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.s3;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.tidemark.testkit.StoreAccess.key;
import static org.tidemark.testkit.StoreAccess.keys;
import static org.tidemark.testkit.StoreAccess.put;

import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.tidemark.store.ObjectLock;
import org.tidemark.store.ObjectLock.Proof;
import org.tidemark.store.ObjectSource;
import org.tidemark.store.ObjectStore;
import org.tidemark.store.PrefixStore;
import org.tidemark.store.StorageException.StorageDenied;
import org.tidemark.testkit.CephGateway;
import org.tidemark.testkit.CephGateway.User;
import org.tidemark.testkit.FurtherServer;
import software.amazon.awssdk.services.s3.model.S3Exception;

/** Object Lock on a server that keeps it. */
@FurtherServer
class CephLockTest {
    private final CephGateway ceph = CephGateway.shared();
    private final S3Server server = CephServer.get();

    private static Map<String, String> locked(String mode) {
        return Map.of("lock-for", "1d", "lock-mode", mode);
    }

    @ParameterizedTest
    @ValueSource(strings = {"compliance", "governance"})
    void aLockedObjectCanBeHiddenButNotRemoved(String mode) throws IOException {
        String bucket = ceph.newLockedBucket();
        try (S3ObjectStore store = server.store(bucket, locked(mode));
                S3Clients clients = server.clients()) {
            put(store, "main/a", new byte[] {1});
            String version = version(clients, bucket, "main/a");

            store.delete(List.of(key("main/a")));

            assertThat(keys(store, "")).isEmpty();
            assertThatThrownBy(() -> remove(clients, bucket, "main/a", version))
                    .asInstanceOf(InstanceOfAssertFactories.type(S3Exception.class))
                    .extracting(S3Exception::statusCode)
                    .isEqualTo(403);
            assertThat(clients.any()
                            .headObject(one -> one.bucket(bucket).key("main/a").versionId(version))
                            .objectLockModeAsString())
                    .isEqualToIgnoringCase(mode);
        }
    }

    /** Parts would take room, and no listing of objects shows them. */
    @Test
    void anUploadThatBreaksOffLeavesNoParts() throws IOException {
        String bucket = ceph.newBucket();
        ObjectSource breaking = new ObjectSource() {
            @Override
            public long sizeBytes() {
                return 20 << 20;
            }

            @Override
            public InputStream open() {
                return InputStream.nullInputStream();
            }
        };
        try (S3ObjectStore store = server.store(bucket, Map.of())) {
            assertThatThrownBy(() -> store.putIfAbsent(key("main/a"), breaking)).isInstanceOf(IOException.class);

            assertThat(keys(store, "")).isEmpty();
            assertThat(ceph.send("GET", "/" + bucket + "?uploads", Map.of(), ""))
                    .contains("<ListMultipartUploadsResult")
                    .doesNotContain("<Upload>");
        }
    }

    @Test
    void whatIsDeletedSoonIsNotLocked() throws IOException {
        String bucket = ceph.newLockedBucket();
        try (S3ObjectStore store = server.store(bucket, locked("compliance"));
                S3Clients clients = server.clients()) {
            store.putIfAbsent(key("check/a"), ObjectSource.shortLived(new byte[] {1}));

            remove(clients, bucket, "check/a", version(clients, bucket, "check/a"));

            assertThat(keys(store, "")).isEmpty();
        }
    }

    @Test
    void aBucketWithoutObjectLockIsSaidAndNothingIsStored() throws IOException {
        try (S3ObjectStore store = server.store(ceph.newBucket(), locked("compliance"))) {
            assertThatThrownBy(() -> put(store, "main/a", new byte[] {1}))
                    .isInstanceOf(StorageDenied.class)
                    .hasMessageContaining("'lock-for' is set: does bucket")
                    .asInstanceOf(InstanceOfAssertFactories.type(StorageDenied.class))
                    .extracting(e -> e.hint().orElse(""), InstanceOfAssertFactories.STRING)
                    .contains("--object-lock-enabled-for-bucket");
            assertThat(keys(store, "")).isEmpty();
            assertThat(store.remarks())
                    .anySatisfy(remark -> assertThat(remark.message())
                            .contains("'lock-for' is set, but the bucket has no Object Lock"));
        }
    }

    @Test
    void aLockIsProvenByAVersionThatCannotBeRemovedAndOneThatCan() throws IOException {
        String bucket = ceph.newLockedBucket();
        try (ObjectStore store = new PrefixStore(server.store(bucket, locked("compliance")), "prod/")) {
            ObjectLock lock = store.lock().orElseThrow();

            assertThat(lock.period()).isEqualTo(Duration.ofDays(1));
            assertThat(lock.tryOn(key("check/a"))).isEqualTo(Proof.KEPT);
            assertThat(keys(store, "")).containsExactly("check/a");
        }
    }

    @Test
    void credentialsThatMayNotDeleteCannotTellALockFromTheirRights() throws IOException {
        String bucket = ceph.newLockedBucket();
        User user = ceph.newUser();
        ceph.allow(
                bucket,
                user,
                "s3:ListBucket",
                "s3:GetObject",
                "s3:PutObject",
                "s3:PutObjectRetention",
                "s3:ListBucketVersions",
                "s3:DeleteObject");
        try (ObjectStore store = CephServer.as(user).store(bucket, locked("compliance"))) {
            assertThat(store.lock().orElseThrow().tryOn(key("check/a"))).isEqualTo(Proof.NOT_TOLD);
        }
    }

    @Test
    void aServerThatIgnoresLocksIsFoundOut() throws IOException {
        S3Server mock = S3MockServer.get();
        try (ObjectStore store = mock.store(mock.newBucket(), locked("compliance"))) {
            assertThat(store.lock().orElseThrow().tryOn(key("check/a"))).isEqualTo(Proof.NOT_KEPT);
        }
    }

    private static String version(S3Clients clients, String bucket, String key) {
        return clients.any().headObject(one -> one.bucket(bucket).key(key)).versionId();
    }

    private static void remove(S3Clients clients, String bucket, String key, String version) {
        clients.any().deleteObject(one -> one.bucket(bucket).key(key).versionId(version));
    }
}
