// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.s3;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.tidemark.testkit.StoreAccess.key;
import static org.tidemark.testkit.StoreAccess.put;
import static org.tidemark.testkit.StoreAccess.read;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.URI;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.tidemark.store.ObjectStore;
import org.tidemark.store.StorageException.StorageDenied;
import org.tidemark.store.StoreOptions;
import org.tidemark.testkit.InTurn;

/** What the servers themselves refuse. */
@InTurn
class RefusalsTest {
    private static final String WRONG = "wrong-and-still-a-secret";

    private final S3Server server = S3ProxyServer.get();

    @Test
    void aWrongSecretIsDeniedEverywhereAndInNoMessage() throws Exception {
        String bucket = server.newBucket();
        Path wrong = S3Server.secretFile(WRONG);

        try (S3ObjectStore store = server.store(bucket, Map.of("secret-access-key-file", wrong.toString()))) {
            assertDenied(store, "");
            assertThatThrownBy(() -> put(S3Server.retrying(store), "main/a", new byte[100]))
                    .isInstanceOfSatisfying(
                            StorageDenied.class,
                            e -> assertThat(e.hint())
                                    .hasValueSatisfying(
                                            hint -> assertThat(hint).contains("does not fit the access key")))
                    .hasMessageContaining("could not write 'main/a' in s3://" + bucket)
                    .hasMessageContaining("403 SignatureDoesNotMatch");
        }
    }

    @Test
    void anUnknownKeyIsDenied() throws Exception {
        try (S3ObjectStore store = server.store(server.newBucket(), Map.of("access-key-id", "nobody"))) {
            assertDenied(store, "");
        }
    }

    /** S3Proxy calls a deletion there done, and so it is. */
    @ParameterizedTest
    @EnumSource(LargePutTest.Server.class)
    void aMissingBucketIsDeniedAndNothingInItIsAbsent(LargePutTest.Server which) throws Exception {
        try (S3ObjectStore store = which.get().store("no-such-bucket", Map.of())) {
            assertDenied("create-bucket --bucket no-such-bucket", readingAndPutting(store));
        }
    }

    @ParameterizedTest
    @EnumSource(LargePutTest.Server.class)
    void theRootIsABucketThatMustBeThere(LargePutTest.Server which) {
        S3StoreProvider provider = new S3StoreProvider();
        Map<String, String> options = which.get().options(which.get().port());
        String bucket = which.get().newBucket();

        assertThatCode(() -> provider.createRoot(URI.create("s3://" + bucket + "/prod"), options))
                .doesNotThrowAnyException();
        assertThatThrownBy(() -> provider.createRoot(URI.create("s3://no-such-bucket/prod"), options))
                .isInstanceOf(StorageDenied.class)
                .hasMessageContaining("aws s3api create-bucket --bucket no-such-bucket");
    }

    @Test
    void withoutAnyCredentialsItIsSaidWhereTheyAreExpected() {
        StoreOptions options = new StoreOptions(
                Map.of("endpoint", "http://127.0.0.1:" + server.port(), "profile", "no-such-profile"),
                _ -> Optional.empty());

        try (S3ObjectStore store = new S3ObjectStore(S3Config.parse(new S3Address("bucket", ""), options))) {
            assertThatThrownBy(() -> put(store, "main/a", new byte[1]))
                    .isInstanceOf(StorageDenied.class)
                    .hasMessageContaining("there are no credentials")
                    .hasMessageContaining("access-key-id");
        }
    }

    private void assertDenied(S3ObjectStore store, String hint) {
        assertDenied(hint, readingAndPutting(store));
        ObjectStore retrying = S3Server.retrying(store);
        assertDenied(
                hint,
                List.of(
                        () -> retrying.delete(List.of(key("main/a"))),
                        () -> retrying.delete(List.of(key("main/a"), key("main/b")))));
    }

    private static List<ThrowingCallable> readingAndPutting(S3ObjectStore store) {
        ObjectStore retrying = S3Server.retrying(store);
        return List.of(
                () -> put(retrying, "main/a", new byte[100]),
                () -> read(retrying, "main/a"),
                () -> retrying.stat(key("main/a")),
                () -> retrying.list("", Optional.empty(), 10),
                store::requireBucket);
    }

    private void assertDenied(String hint, List<ThrowingCallable> operations) {
        for (ThrowingCallable operation : operations) {
            assertThatThrownBy(operation)
                    .isInstanceOf(StorageDenied.class)
                    .hasMessageContaining(hint)
                    .satisfies(this::holdsNoSecret);
        }
    }

    /** Neither the message nor anything that --verbose would show. */
    private void holdsNoSecret(Throwable error) {
        StringWriter text = new StringWriter();
        error.printStackTrace(new PrintWriter(text));
        assertThat(text.toString()).doesNotContain(WRONG, server.secret());
    }
}
