// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store.s3;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.ServiceLoader;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.tidemark.store.ObjectStore;
import org.tidemark.store.StoreDeclaration;
import org.tidemark.store.StoreOption;
import org.tidemark.store.StoreOptions;
import org.tidemark.store.s3.ObjectSettings.Lock;
import org.tidemark.store.s3.S3Config.Checksums;

class S3ConfigTest {
    private static final Map<String, String> REGION = Map.of("region", "eu-west-1");

    @TempDir
    Path directory;

    @Test
    void anAddressIsABucketAndAPrefix() {
        assertThat(S3Address.parse(URI.create("s3://acme-pg"))).isEqualTo(new S3Address("acme-pg", ""));
        assertThat(S3Address.parse(URI.create("s3://acme-pg/"))).isEqualTo(new S3Address("acme-pg", ""));
        assertThat(S3Address.parse(URI.create("s3://acme-pg/prod"))).isEqualTo(new S3Address("acme-pg", "prod/"));
        assertThat(S3Address.parse(URI.create("s3://Old_Bucket.eu/a/b/")))
                .isEqualTo(new S3Address("Old_Bucket.eu", "a/b/"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "s3:bucket",
                "s3:///prefix",
                "s3://ab",
                "file:///dir",
                "s3://bucket?x=1",
                "s3://bucket/a#b",
                "s3://user@bucket/a",
                "s3://bucket/a//b",
                "s3://bucket/../b",
                "s3://bucket/a%20b",
                "s3://bucket--use1-az4--x-s3/a"
            })
    void anythingElseIsRefused(String address) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> S3Address.parse(URI.create(address)))
                .withMessageContaining("expected");
    }

    @Test
    void whatIsNotGivenHasItsUsualValue() {
        S3Config config = config(REGION);

        assertThat(config.endpoint())
                .isEqualTo(new S3Endpoint(Optional.empty(), "eu-west-1", false, Optional.empty(), Optional.empty()));
        assertThat(config.credentials()).isEqualTo(new S3Credentials.Chain());
        assertThat(config.objects())
                .isEqualTo(new ObjectSettings(
                        Encryption.AS_THE_BUCKET_HAS_IT, Optional.empty(), Optional.empty(), Optional.empty()));
        assertThat(config.checksums()).isEmpty();
    }

    @Test
    void aServerOfOnesOwnNeedsNoRegionAndHasItsBucketsInThePath() {
        S3Endpoint endpoint =
                config(Map.of("endpoint", "https://minio.acme.example:9000")).endpoint();

        assertThat(endpoint.region()).isEqualTo("us-east-1");
        assertThat(endpoint.pathStyle()).isTrue();
        assertThat(config(Map.of("endpoint", "https://minio.acme.example", "path-style", "false"))
                        .endpoint()
                        .pathStyle())
                .isFalse();
    }

    @Test
    void theRegionIsAlsoReadFromTheEnvironment() {
        StoreOptions options = new StoreOptions(
                Map.of(), name -> Optional.of("ap-south-1").filter(_ -> name.equals("AWS_DEFAULT_REGION")));

        assertThat(S3Config.parse(new S3Address("bucket", ""), options)
                        .endpoint()
                        .region())
                .isEqualTo("ap-south-1");
    }

    @Test
    void everythingElseIsReadAsWell() throws IOException {
        Path ca = Files.createFile(directory.resolve("ca.pem"));
        S3Config config = config(Map.of(
                "region", "eu-west-1",
                "ca-file", ca.toString(),
                "proxy", "http://proxy.acme.example:3128",
                "storage-class", "STANDARD_IA",
                "tags", "team=data base, env=prod/eu",
                "lock-for", "30d",
                "lock-mode", "governance",
                "checksums", "when-required"));

        assertThat(config.endpoint().caFile()).contains(ca);
        assertThat(config.endpoint().proxy()).contains(URI.create("http://proxy.acme.example:3128"));
        assertThat(config.objects().storageClass()).contains("STANDARD_IA");
        assertThat(config.objects().tags()).contains("team=data%20base&env=prod%2Feu");
        assertThat(config.objects().lock()).contains(new Lock("GOVERNANCE", Duration.ofDays(30)));
        assertThat(config.checksums()).contains(Checksums.HEADER);
        assertThat(config(with("lock-for", "1d")).objects().lock())
                .contains(new Lock("COMPLIANCE", Duration.ofDays(1)));
        assertThat(config(with("checksums", "always")).checksums()).contains(Checksums.TRAILER);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "endpoint|minio:9000|https://host:port",
                "endpoint|https://user:hidden@minio|without user",
                "endpoint|https://minio/bucket|path",
                "proxy|https://user:hidden@proxy:80|without user",
                "path-style|yes|true or false",
                "ca-file|relative.pem|absolute path",
                "ca-file|/no/such/file.pem|does it exist",
                "storage-class|GLACIER|read at once",
                "storage-class|DEEP_ARCHIVE|read at once",
                "storage-class|standard ia|read at once",
                "sse|aes|as-bucket",
                "sse|customer|sse-customer-key-file",
                "sse-kms-key-id|alias/pg|kms",
                "sse-customer-key-file|/some/key|customer",
                "tags|team|team=database",
                "tags|=x|team=database",
                "lock-for|30|duration",
                "lock-mode|governance|lock-for",
                "checksums|sometimes|when-required",
                "access-key-id|AKIA123|secret-access-key-file",
                "secret-access-key-command|echo x|access-key-id",
                "request-timeout|0s|duration"
            })
    void whatIsNotValidIsRefusedWithWhatWouldBe(String option, String value, String expected) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> config(with(option, value)))
                .withMessageContaining(option)
                .withMessageContaining(expected)
                .satisfies(e -> assertThat(e.getMessage()).doesNotContain("hidden"));
    }

    @Test
    void aProfileAndAKeyAreNotGivenTogether() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> config(Map.of("region", "r", "profile", "p", "access-key-id", "AKIA123")))
                .withMessageContaining("expected one of them");
    }

    @Test
    void withoutAnyRegionItIsAskedFor() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> config(Map.of("profile", "no-such-profile")))
                .withMessageContaining("region")
                .withMessageContaining("eu-west-1");
    }

    @Test
    void aSecretIsInNoTextOfTheConfiguration() throws IOException {
        Path secret = Files.writeString(directory.resolve("secret"), "the-very-secret\n");
        String key = "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=";
        Path customerKey = Files.writeString(directory.resolve("key"), key);

        S3Config config = config(Map.of(
                "endpoint", "https://minio",
                "access-key-id", "AKIA123",
                "secret-access-key-file", secret.toString(),
                "sse", "customer",
                "sse-customer-key-file", customerKey.toString()));

        assertThat(config.objects().encryption().customerKeyText()).isEqualTo(key);
        assertThat(config.toString()).contains("AKIA123").doesNotContain("the-very-secret", key);
    }

    @Test
    void aCustomersKeyThatIsNoneOrWouldGoInTheClearIsRefused() throws IOException {
        Path key = Files.writeString(directory.resolve("key"), "bm90IDMyIGJ5dGVz");

        assertThatIllegalArgumentException()
                .isThrownBy(() -> config(Map.of(
                        "endpoint", "https://minio", "sse", "customer", "sse-customer-key-file", key.toString())))
                .withMessageContaining("openssl rand -base64 32")
                .satisfies(e -> assertThat(e.getMessage()).doesNotContain("bm90"));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> config(
                        Map.of("endpoint", "http://minio", "sse", "customer", "sse-customer-key-file", key.toString())))
                .withMessageContaining("https:");
    }

    @Test
    void theProviderIsFoundByItsSchemeAndOpensAnAddressWithoutAskingAnybody() {
        assertThat(ServiceLoader.load(StoreDeclaration.class))
                .filteredOn(store -> store.scheme().equals("s3"))
                .singleElement()
                .satisfies(store -> assertThat(store.provider()).isEqualTo(S3StoreProvider.class.getName()))
                .satisfies(store -> assertThat(store.options())
                        .extracting(StoreOption::name)
                        .doesNotHaveDuplicates());
        try (ObjectStore store = new S3StoreProvider().open(URI.create("s3://acme-pg/prod"), REGION)) {
            assertThat(store.description()).isEqualTo("s3://acme-pg/prod");
        }
    }

    private static Map<String, String> with(String option, String value) {
        Map<String, String> options = new HashMap<>(REGION);
        options.put(option, value);
        return options;
    }

    private static S3Config config(Map<String, String> options) {
        return S3Config.parse(new S3Address("bucket", ""), new StoreOptions(options, _ -> Optional.empty()));
    }
}
