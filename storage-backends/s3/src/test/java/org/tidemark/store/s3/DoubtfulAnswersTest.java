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
import java.io.InputStream;
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
import org.tidemark.store.StorageException;
import org.tidemark.store.StorageException.StorageDenied;
import org.tidemark.store.StorageException.StorageUnavailable;
import org.tidemark.testkit.FaultProxy;
import org.tidemark.testkit.InTurn;
import org.tidemark.testkit.NetworkFault;
import org.tidemark.testkit.NetworkFault.Ending;
import org.tidemark.testkit.Rounds;
import org.tidemark.testkit.S3Gateway;
import org.tidemark.testkit.S3Gateway.Answer;
import org.tidemark.testkit.S3Gateway.Request;
import org.tidemark.testkit.S3Gateway.Rule;

/**
 * Answers that look like "yes", or like "no", and prove nothing: those of a portal, of a broken or of an odd server.
 */
@InTurn
class DoubtfulAnswersTest {
    private static final int MIB = 1 << 20;
    private static final byte[] LARGE = randomBytes(Rounds.random(), 12 * MIB);

    private final S3Server server = S3MockServer.get();
    private String bucket = "";

    @BeforeEach
    void makeBucket() {
        bucket = server.newBucket();
    }

    @ParameterizedTest
    @ValueSource(strings = {"auto", "always", "when-required"})
    void aYesToAPutThatNamesNoObjectIsNotAcknowledged(String checksums) throws IOException {
        try (S3Gateway gateway = before(refusing(Request::isPutOfBytes, new Answer(200, "")));
                S3ObjectStore store = store(gateway, Map.of("checksums", checksums))) {
            assertThatThrownBy(() -> put(store, "main/a", new byte[100])).isInstanceOf(StorageUnavailable.class);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "<html/>", "<ListBucketResult/>"})
    void aListingOfNoBucketIsNotAnEmptyOne(String text) {
        try (S3Gateway gateway = before(refusing(_ -> true, new Answer(200, text)));
                S3ObjectStore store = store(gateway, Map.of())) {
            assertThatThrownBy(() -> store.list("", Optional.empty(), 10)).isInstanceOf(StorageUnavailable.class);
            assertThatThrownBy(store::requireBucket).isInstanceOf(StorageUnavailable.class);
        }
    }

    @Test
    void anEmptyPageIsNotTheEndWhereTheServerSaysThatMoreFollows() throws IOException {
        String begin = "<ListBucketResult><Name>" + bucket + "</Name><IsTruncated>";
        Rule twoPages = new Rule() {
            @Override
            public Optional<Answer> instead(Request request) {
                return Optional.of(new Answer(
                        200,
                        request.query().contains("continuation-token=more")
                                ? begin + "false</IsTruncated><Contents><Key>main/a</Key><Size>1</Size>"
                                        + "<LastModified>2026-01-01T00:00:00.000Z</LastModified></Contents>"
                                        + "</ListBucketResult>"
                                : begin + "true</IsTruncated><NextContinuationToken>more</NextContinuationToken>"
                                        + "</ListBucketResult>"));
            }
        };
        try (S3Gateway gateway = before(twoPages);
                S3ObjectStore store = store(gateway, Map.of())) {
            assertThat(keys(store, "")).containsExactly("main/a");
        }
        Answer stuck = new Answer(200, begin + "true</IsTruncated></ListBucketResult>");
        try (S3Gateway gateway = before(refusing(_ -> true, stuck));
                S3ObjectStore store = store(gateway, Map.of())) {
            assertThatThrownBy(() -> keys(store, "")).isInstanceOf(StorageUnavailable.class);
        }
    }

    @Test
    void aListingThatDoesNotGoOnBehindTheLastKeyIsNotBelieved() throws IOException {
        String one = "<ListBucketResult><Name>" + bucket + "</Name><IsTruncated>true</IsTruncated><Contents>"
                + "<Key>main/a</Key><Size>1</Size><LastModified>2026-01-01T00:00:00.000Z</LastModified></Contents>"
                + "</ListBucketResult>";
        try (S3Gateway gateway = before(refusing(_ -> true, new Answer(200, one)));
                S3ObjectStore store = store(gateway, Map.of())) {
            assertThatThrownBy(() -> keys(store, ""))
                    .isInstanceOf(StorageDenied.class)
                    .hasMessageContaining("'main/a'");
        }
    }

    @Test
    void lessThanThePartThatWasAskedForIsNotBelieved() throws IOException {
        Rule stingy = new Rule() {
            @Override
            public Optional<Answer> instead(Request request) {
                request.headers().computeIfPresent("range", (_, range) -> range.replaceAll("-.*", "-149"));
                return Optional.empty();
            }
        };
        try (S3Gateway gateway = before(stingy);
                S3ObjectStore store = store(gateway, Map.of())) {
            put(store, "main/a", new byte[1000]);

            for (ByteRange range : List.of(new ByteRange(100, 100), new ByteRange(100, ByteRange.TO_END))) {
                assertThatThrownBy(() -> read(store, "main/a", range))
                        .isInstanceOf(StorageException.class)
                        .hasMessageContaining("from byte 100");
            }
            assertThat(read(store, "main/a", new ByteRange(100, 50))).hasSize(50);
        }
    }

    @ParameterizedTest
    @CsvSource({"400, XAmzContentSHA256Mismatch", "501, NotImplemented"})
    void whereTrailersAreDemandedTheRefusalNamesTheOption(int status, String code) {
        try (S3Gateway gateway = before(refusing(Request::hasTrailer, Answer.error(status, code)));
                S3ObjectStore store = store(gateway, Map.of("checksums", "always"))) {
            assertThatThrownBy(() -> put(store, "main/a", new byte[1]))
                    .isInstanceOf(StorageDenied.class)
                    .hasMessageContaining("checksums = \"when-required\"");
        }
    }

    @ParameterizedTest
    @CsvSource({"400, ThrottlingException", "403, RequestLimitExceeded"})
    void tooManyRequestsAreAnotherTryWhateverTheStatus(int status, String code) {
        try (S3Gateway gateway = before(refusing(_ -> true, Answer.error(status, code)));
                S3ObjectStore store = store(gateway, Map.of())) {
            assertThatThrownBy(() -> put(store, "main/a", new byte[1])).isInstanceOf(StorageUnavailable.class);
            assertThatThrownBy(() -> store.list("", Optional.empty(), 1)).isInstanceOf(StorageUnavailable.class);
        }
    }

    /** Whose key may only write is the one who needs a lock most. */
    @Test
    void aLockNeedsNoRightToList() throws IOException {
        Rule noList = refusing(request -> !request.method().equals("PUT"), Answer.error(403, "AccessDenied"));
        try (S3Gateway gateway = before(noList);
                S3ObjectStore store = store(gateway, Map.of("lock-for", "30d"))) {
            put(store, "main/a", new byte[1]);

            assertThat(gateway.requests().getLast().headers()).containsKey("x-amz-object-lock-retain-until-date");
        }
    }

    /** Which its own proof could not be told for, and a server without conditions has let another write over. */
    @Test
    void whatAnotherPutMeanwhileIsNotRemoved() throws IOException {
        try (S3ObjectStore direct = server.store(bucket, Map.of());
                S3Gateway gateway = before(new Rule() {
                    @Override
                    public Optional<Answer> instead(Request request) {
                        if (request.method().equals("GET") && !request.headers().containsKey("range")) {
                            replace(direct, new byte[] {7});
                        }
                        return Optional.empty();
                    }

                    @Override
                    public String shown(Request request, String header, String value) {
                        return request.method().equals("PUT") && header.equals("etag") ? "\"no-md5\"" : value;
                    }

                    @Override
                    public boolean shows(String header) {
                        return !header.startsWith("x-amz-checksum");
                    }
                });
                S3ObjectStore store = store(gateway, Map.of())) {
            assertThatThrownBy(() -> put(store, "main/a", new byte[100])).isInstanceOf(StorageUnavailable.class);

            assertThat(read(direct, "main/a")).containsExactly(7);
        }
    }

    @Test
    void aReaderThatResumesNeverGetsAMixtureOfTwoObjects() throws IOException {
        try (S3ObjectStore direct = server.store(bucket, Map.of());
                FaultProxy proxy = FaultProxy.to(server.port());
                S3ObjectStore store = server.storeAt(proxy.port(), bucket, TimeLimits.DEFAULTS, Map.of())) {
            put(direct, "main/a", LARGE);
            proxy.set(NetworkFault.cutDownAfter(2 * MIB, Ending.FINISH), 1);
            try (InputStream in = S3Server.retrying(store).open(key("main/a"), ByteRange.ALL)) {
                assertThat(in.readNBytes(1000)).hasSize(1000);
                replace(direct, new byte[LARGE.length]);

                assertThatThrownBy(in::readAllBytes)
                        .isInstanceOf(StorageUnavailable.class)
                        .hasMessageContaining("another object");
            }
        }
    }

    private static void replace(S3ObjectStore direct, byte[] bytes) {
        try {
            direct.delete(List.of(key("main/a")));
            put(direct, "main/a", bytes);
        } catch (StorageException e) {
            throw new AssertionError(e);
        }
    }

    private S3Gateway before(Rule rule) {
        return S3Gateway.before(server.port(), rule);
    }

    private S3ObjectStore store(S3Gateway gateway, Map<String, String> options) {
        return server.storeAt(gateway.port(), bucket, TimeLimits.DEFAULTS, options);
    }
}
