// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.s3;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.tidemark.testkit.S3Gateway.refusing;
import static org.tidemark.testkit.StoreAccess.key;
import static org.tidemark.testkit.StoreAccess.keys;
import static org.tidemark.testkit.StoreAccess.put;
import static org.tidemark.testkit.StoreAccess.randomBytes;
import static org.tidemark.testkit.StoreAccess.read;

import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.tidemark.core.TimeLimits;
import org.tidemark.store.ByteRange;
import org.tidemark.store.StorageException.ObjectExists;
import org.tidemark.store.StorageException.StorageDenied;
import org.tidemark.store.StorageException.StorageFull;
import org.tidemark.store.StorageException.StorageUnavailable;
import org.tidemark.testkit.InTurn;
import org.tidemark.testkit.Rounds;
import org.tidemark.testkit.S3Gateway;
import org.tidemark.testkit.S3Gateway.Answer;
import org.tidemark.testkit.S3Gateway.Request;
import org.tidemark.testkit.S3Gateway.Rule;

/** S3Mock with a gateway that removes some of its features. */
@InTurn
class ServersThatLackSomethingTest {
    private final S3Server server = S3MockServer.get();
    private String bucket = "";

    @BeforeEach
    void makeBucket() {
        bucket = server.newBucket();
    }

    @ParameterizedTest
    @CsvSource({"400, XAmzContentSHA256Mismatch", "501, NotImplemented", "403, SignatureDoesNotMatch", "411, ''"})
    void thatAServerRefusesTrailersIsFoundOutByOneTryAndRemembered(int status, String code) throws IOException {
        try (S3Gateway gateway =
                        S3Gateway.before(server.port(), refusing(Request::hasTrailer, Answer.error(status, code)));
                S3ObjectStore store = store(gateway, Map.of())) {
            put(store, "main/first", new byte[] {1});
            put(store, "main/second", new byte[] {2});
            assertThatThrownBy(() -> put(store, "main/second", new byte[] {3})).isInstanceOf(ObjectExists.class);

            assertThat(read(store, "main/first")).containsExactly(1);
            assertThat(read(store, "main/second")).containsExactly(2);
            assertThat(gateway.requests().stream()
                            .filter(Request::isPutOfBytes)
                            .map(request -> request.hasTrailer() ? "trailer" : "header"))
                    .containsExactly("trailer", "header", "header", "header");
            assertThat(gateway.requests().getLast().headers()).doesNotContainKey("x-amz-checksum-mode");
        }
    }

    @Test
    void withTheOptionNoTrailerIsEverSent() throws IOException {
        try (S3Gateway gateway = S3Gateway.before(server.port(), Rule.NONE);
                S3ObjectStore store = store(gateway, Map.of("checksums", "when-required"))) {
            put(store, "main/a", new byte[1000]);
            put(store, "main/b", new byte[1000]);
            store.delete(List.of(key("main/a"), key("main/b")));

            assertThat(keys(store, "")).isEmpty();
            assertThat(gateway.requests()).noneMatch(Request::hasTrailer);
            assertThat(gateway.requests().stream().filter(Request::isPutOfBytes))
                    .hasSize(2)
                    .allMatch(request -> request.headers().containsKey("content-md5"));
            assertThat(gateway.requests().stream()
                            .filter(request -> request.query().startsWith("delete")))
                    .hasSize(1)
                    .allMatch(request -> request.headers().containsKey("content-md5"));
        }
    }

    @Test
    void withoutConditionalWritesNothingIsStoredAndItIsSaidWhy() throws IOException {
        try (S3Gateway gateway = S3Gateway.before(
                        server.port(),
                        refusing(
                                request -> request.headers().containsKey("if-none-match"),
                                Answer.error(501, "NotImplemented")));
                S3ObjectStore store = store(gateway, Map.of())) {
            assertThatThrownBy(() -> put(store, "main/a", new byte[1]))
                    .isInstanceOf(StorageDenied.class)
                    .hasMessageContaining("If-None-Match")
                    .hasMessageContaining("two writers could overwrite each other");
            assertThat(keys(store, "")).isEmpty();
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {400, 405, 501})
    void withoutDeletesOfManyEachIsDeletedByItself(int status) throws IOException {
        try (S3Gateway gateway = S3Gateway.before(
                        server.port(),
                        refusing(
                                request -> request.query().startsWith("delete"),
                                Answer.error(status, "NotImplemented")));
                S3ObjectStore store = store(gateway, Map.of())) {
            for (String name : List.of("a", "b", "c", "d")) {
                put(store, name, new byte[1]);
            }
            store.delete(List.of(key("a"), key("b"), key("not-there")));
            store.delete(List.of(key("c"), key("d")));

            assertThat(keys(store, "")).isEmpty();
            assertThat(gateway.requests().stream()
                            .filter(request -> request.query().startsWith("delete")))
                    .hasSize(1);
        }
    }

    @Test
    void whatAServerRefusesToDeleteIsNotTakenForDeleted() throws IOException {
        Rule noDeletes = refusing(
                request -> request.method().equals("DELETE") || request.query().startsWith("delete"),
                Answer.error(403, "AccessDenied"));
        try (S3Gateway gateway = S3Gateway.before(server.port(), noDeletes);
                S3ObjectStore store = store(gateway, Map.of())) {
            put(store, "a", new byte[1]);
            put(store, "b", new byte[1]);

            assertThatThrownBy(() -> store.delete(List.of(key("a"), key("b")))).isInstanceOf(StorageDenied.class);
            assertThatThrownBy(() -> store.delete(List.of(key("a"))))
                    .isInstanceOf(StorageDenied.class)
                    .hasMessageContaining("'a'");
            assertThat(keys(store, "")).containsExactly("a", "b");
        }
    }

    /** What Amazon answers to a HEAD request, and to others, where there is no right to list. */
    @Test
    void aMissingObjectWithoutTheRightToListIsNotKnownToBeAbsent() {
        Rule noList = refusing(request -> !request.method().equals("PUT"), Answer.error(403, "AccessDenied"));
        try (S3Gateway gateway = S3Gateway.before(server.port(), noList);
                S3ObjectStore store = store(gateway, Map.of())) {
            assertThatThrownBy(() -> store.stat(key("main/a")))
                    .isInstanceOf(StorageDenied.class)
                    .hasMessageContaining("s3:ListBucket");
            assertThatThrownBy(() -> read(store, "main/a")).isInstanceOf(StorageDenied.class);
        }
    }

    /** A proxy, a load balancer, a web server at a wrong address. */
    @Test
    void aNotFoundOfSomebodyElseIsNotAnAbsentObject() {
        try (S3Gateway gateway = S3Gateway.before(server.port(), refusing(_ -> true, Answer.error(404, "")));
                S3ObjectStore store = store(gateway, Map.of())) {
            assertThatThrownBy(() -> store.stat(key("main/a"))).isInstanceOf(StorageUnavailable.class);
            assertThatThrownBy(() -> read(store, "main/a")).isInstanceOf(StorageUnavailable.class);
        }
    }

    @Test
    void aWriteThatMetAnotherMayBeTriedAgain() {
        try (S3Gateway gateway = S3Gateway.before(
                        server.port(),
                        refusing(Request::isPutOfBytes, Answer.error(409, "ConditionalRequestConflict")));
                S3ObjectStore store = store(gateway, Map.of())) {
            assertThatThrownBy(() -> put(store, "main/a", new byte[1])).isInstanceOf(StorageUnavailable.class);
        }
    }

    @ParameterizedTest
    @CsvSource({"507, InsufficientStorage", "403, QuotaExceeded", "500, XMinioStorageFull"})
    void aFullServerIsFull(int status, String code) {
        try (S3Gateway gateway =
                        S3Gateway.before(server.port(), refusing(Request::isPutOfBytes, Answer.error(status, code)));
                S3ObjectStore store = store(gateway, Map.of())) {
            assertThatThrownBy(() -> put(store, "main/a", new byte[1])).isInstanceOf(StorageFull.class);
        }
    }

    @Test
    void aBucketOfAnotherRegionIsSaid() {
        try (S3Gateway gateway =
                        S3Gateway.before(server.port(), refusing(_ -> true, Answer.error(301, "PermanentRedirect")));
                S3ObjectStore store = store(gateway, Map.of())) {
            assertThatThrownBy(() -> put(store, "main/a", new byte[1]))
                    .isInstanceOf(StorageDenied.class)
                    .hasMessageContaining("'region' must be the bucket's own");
        }
    }

    @Test
    void aServerThatAnswersWithoutAnyChecksumIsReadBack() throws IOException {
        byte[] bytes = randomBytes(Rounds.random(), 200_000);
        try (S3Gateway gateway = S3Gateway.before(server.port(), new SaysNothing(false));
                S3ObjectStore store = store(gateway, Map.of())) {
            put(store, "main/a", bytes);

            assertThat(read(store, "main/a")).isEqualTo(bytes);
            assertThat(gateway.requests().stream().map(Request::method)).startsWith("GET", "PUT", "GET");
        }
    }

    @Test
    void otherBytesThanWereSentAreNotAcknowledgedAndDoNotStay() throws IOException {
        try (S3Gateway gateway = S3Gateway.before(server.port(), new SaysNothing(true));
                S3ObjectStore store = store(gateway, Map.of())) {
            assertThatThrownBy(() -> put(store, "main/a", new byte[200_000]))
                    .isInstanceOf(StorageUnavailable.class)
                    .hasMessageContaining("other bytes than were sent, and was removed again");

            assertThat(keys(store, "")).isEmpty();
        }
    }

    @Test
    void aServerThatKnowsNoRangesIsNotBelieved() throws IOException {
        Rule deaf = new Rule() {
            @Override
            public Optional<Answer> instead(Request request) {
                request.headers().remove("range");
                return Optional.empty();
            }
        };
        try (S3Gateway gateway = S3Gateway.before(server.port(), deaf);
                S3ObjectStore store = store(gateway, Map.of())) {
            put(store, "main/a", new byte[1000]);

            for (ByteRange range :
                    List.of(new ByteRange(10, 10), new ByteRange(0, 10), new ByteRange(7, ByteRange.TO_END))) {
                assertThatThrownBy(() -> store.open(key("main/a"), range))
                        .isInstanceOf(StorageDenied.class)
                        .hasMessageContaining("from byte " + range.offset());
            }
            assertThat(read(store, "main/a", new ByteRange(0, 1000))).hasSize(1000);
        }
    }

    /** Of an old kind: trailers are not compared, and answers hold no checksum and no MD5. */
    private record SaysNothing(boolean spoils) implements Rule {
        @Override
        public byte[] up(Request request, byte[] body) {
            if (!request.isPutOfBytes()) {
                return body;
            }
            List.of("x-amz-trailer", "x-amz-sdk-checksum-algorithm").forEach(request.headers()::remove);
            request.headers().put("x-amz-content-sha256", "STREAMING-AWS4-HMAC-SHA256-PAYLOAD");
            if (spoils) {
                body[body.length / 2] ^= 1;
            }
            return body;
        }

        @Override
        public boolean shows(String header) {
            return !header.startsWith("x-amz-checksum") && !header.equals("etag");
        }
    }

    private S3ObjectStore store(S3Gateway gateway, Map<String, String> options) {
        return server.storeAt(gateway.port(), bucket, TimeLimits.DEFAULTS, options);
    }
}
