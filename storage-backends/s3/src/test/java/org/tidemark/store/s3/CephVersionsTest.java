// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.s3;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.tidemark.testkit.StoreAccess.key;
import static org.tidemark.testkit.StoreAccess.put;
import static org.tidemark.testkit.StoreAccess.read;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.tidemark.core.TimeLimits;
import org.tidemark.store.ObjectSource;
import org.tidemark.store.ObjectStore;
import org.tidemark.store.StorageException.ObjectExists;
import org.tidemark.store.StorageException.StorageDenied;
import org.tidemark.store.StorageException.StorageUnavailable;
import org.tidemark.testkit.CephGateway;
import org.tidemark.testkit.CephGateway.User;
import org.tidemark.testkit.FurtherServer;
import org.tidemark.testkit.Rounds;
import org.tidemark.testkit.S3Gateway;
import org.tidemark.testkit.S3Gateway.Request;
import org.tidemark.testkit.S3Gateway.Rule;
import org.tidemark.testkit.WriterRace;

/** Ceph 16 ignores the condition of a write in a bucket with versions. */
@FurtherServer
class CephVersionsTest {
    private final CephGateway ceph = CephGateway.shared();
    private final S3Server server = CephServer.get();
    /** A first try with a trailer would read the bytes once more. */
    private static final Map<String, String> HEADERS = Map.of("checksums", "when-required");

    private String bucket = "";

    @BeforeEach
    void makeBucket() {
        bucket = ceph.newBucket();
        ceph.keepVersions(bucket);
    }

    @Test
    void ofSeveralWritersExactlyOneWinsWhetherTheOthersCanWithdrawOrNot() throws Exception {
        try (ObjectStore versions = S3Server.retrying(server.store(bucket, Map.of()));
                ObjectStore locks = S3Server.retrying(server.store(ceph.newLockedBucket(), Map.of("lock-for", "1h")))) {
            for (int round = 0; round < Rounds.of(5, 200); round++) {
                WriterRace.run(versions, key("race/" + round), 1000);
                WriterRace.run(locks, key("race/" + round), 1000);
            }
        }
    }

    /** Bytes whose reader does something first, once: the look at the object is over, and the write has not begun. */
    private static ObjectSource meanwhile(byte[] bytes, ThrowingCallable other) {
        AtomicBoolean done = new AtomicBoolean();
        return new ObjectSource() {
            @Override
            public long sizeBytes() {
                return bytes.length;
            }

            @Override
            public InputStream open() throws IOException {
                if (done.compareAndSet(false, true)) {
                    assertThatCode(other).doesNotThrowAnyException();
                }
                return new ByteArrayInputStream(bytes);
            }
        };
    }

    @Test
    void aWriterThatMetAnotherWithdrawsItsOwnVersion() throws IOException {
        try (S3ObjectStore first = server.store(bucket, HEADERS);
                S3ObjectStore second = server.store(bucket, HEADERS)) {
            ObjectSource late = meanwhile(new byte[] {2}, () -> put(first, "main/a", new byte[] {1}));

            assertThatThrownBy(() -> second.putIfAbsent(key("main/a"), late)).isInstanceOf(ObjectExists.class);

            assertThat(read(first, "main/a")).containsExactly(1);
            assertThatThrownBy(() -> second.putIfAbsent(key("main/a"), late)).isInstanceOf(ObjectExists.class);
        }
    }

    @Test
    void aLockedVersionThatCameSecondIsCoveredByTheFirst() throws Exception {
        Map<String, String> locked = Map.of("lock-for", "1d", "checksums", "when-required");
        String name = ceph.newLockedBucket();
        try (S3ObjectStore first = server.store(name, locked);
                S3ObjectStore second = server.store(name, locked)) {
            ObjectSource late = meanwhile(new byte[] {2}, () -> put(first, "main/a", new byte[] {1}));

            assertThatThrownBy(() -> second.putIfAbsent(key("main/a"), late)).isInstanceOf(ObjectExists.class);

            assertThat(read(first, "main/a")).containsExactly(1);
            assertThatThrownBy(() -> put(first, "main/a", new byte[] {3})).isInstanceOf(ObjectExists.class);
        }
    }

    @Test
    void whatCannotBeWithdrawnIsAConflictForEverybody() throws IOException {
        User user = ceph.newUser();
        ceph.allow(bucket, user, "s3:ListBucket", "s3:GetObject", "s3:PutObject", "s3:ListBucketVersions");
        try (S3ObjectStore first = server.store(bucket, HEADERS);
                S3ObjectStore second = CephServer.as(user).store(bucket, HEADERS)) {
            ObjectSource late = meanwhile(new byte[] {2}, () -> put(first, "main/a", new byte[] {1}));

            assertThatThrownBy(() -> second.putIfAbsent(key("main/a"), late))
                    .isInstanceOf(StorageDenied.class)
                    .hasMessageContainingAll(
                            "several writers stored it", "the first version is '", "neither be removed");
            assertThatThrownBy(() -> put(second, "main/a", new byte[] {2}))
                    .isInstanceOf(StorageUnavailable.class)
                    .hasMessageContaining("several writers stored it");
        }
    }

    @Test
    void credentialsThatCannotSeeVersionsMayNotWriteThere() throws IOException {
        User user = ceph.newUser();
        ceph.allow(bucket, user, "s3:ListBucket", "s3:GetObject", "s3:PutObject");
        try (S3ObjectStore store = CephServer.as(user).store(bucket, Map.of())) {
            assertThatThrownBy(() -> put(store, "main/a", new byte[] {2}))
                    .isInstanceOfSatisfying(
                            StorageDenied.class,
                            e -> assertThat(e.hint().orElse("")).contains("s3:ListBucketVersions"));
        }
    }

    @Test
    void aDeletedObjectIsNoSecondVersion() throws IOException {
        try (S3ObjectStore store = server.store(bucket, Map.of())) {
            put(store, "main/a", new byte[] {1});
            store.delete(List.of(key("main/a")));
            put(store, "main/a", new byte[] {2});

            assertThat(read(store, "main/a")).containsExactly(2);
        }
    }

    @Test
    void aBucketWithoutVersionsIsAskedOnce() throws IOException {
        String plain = S3MockServer.get().newBucket();
        try (S3Gateway gateway = S3Gateway.before(S3MockServer.get().port(), Rule.NONE);
                S3ObjectStore store =
                        S3MockServer.get().storeAt(gateway.port(), plain, TimeLimits.DEFAULTS, Map.of())) {
            put(store, "main/a", new byte[] {1});
            put(store, "main/b", new byte[] {1});
            put(store, "main/c", new byte[] {1});

            assertThat(gateway.requests()).extracting(Request::method).containsExactly("GET", "PUT", "PUT", "PUT");
        }
    }
}
