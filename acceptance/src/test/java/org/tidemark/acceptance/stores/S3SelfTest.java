// SPDX-License-Identifier: Apache-2.0
package org.tidemark.acceptance.stores;

import static org.tidemark.testkit.S3Gateway.refusing;

import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.tidemark.testkit.InTurn;
import org.tidemark.testkit.S3Gateway;
import org.tidemark.testkit.S3Gateway.Answer;
import org.tidemark.testkit.S3Gateway.Request;
import org.tidemark.testkit.S3Gateway.Rule;
import org.tidemark.testkit.S3Mock;

/** {@code init --test} on S3Mock, through a gateway that removes one of its features. */
@InTurn
class S3SelfTest {
    private static final String SECRET = "not-looked-at-by-this-server";
    private static final Answer DENIED = Answer.error(403, "AccessDenied");

    private final S3Mock server = S3Mock.shared();
    private final String bucket = server.newBucket();

    @TempDir
    private Path directory;

    @Test
    void aServerThatLacksNothingKeepsEverything() throws IOException {
        selfTest(Rule.NONE)
                .canBeUsed()
                .keeps("create", "refuse", "exclude", "read", "range", "look up", "list", "clock", "delete")
                .saysNothingOf("checksums", "versions", "lock", "lifecycle", "bucket");
    }

    @Test
    void aServerThatIgnoresConditionsCannotBeUsed() throws IOException {
        Rule ignoring = new Rule() {
            @Override
            public Optional<Answer> instead(Request request) {
                request.headers().remove("if-none-match");
                return Optional.empty();
            }
        };

        selfTest(ignoring)
                .cannotBeUsed()
                .says("refuse", "BROKEN", "it ignores the condition", "overwrite each other's WAL");
    }

    @Test
    void aServerThatRefusesConditionsCannotBeUsed() throws IOException {
        selfTest(refusing(
                        request -> request.headers().containsKey("if-none-match"), Answer.error(501, "NotImplemented")))
                .cannotBeUsed()
                .says("create", "BROKEN", "If-None-Match", "two writers could overwrite each other")
                .saysNothingOf("refuse", "read");
    }

    @ParameterizedTest
    @CsvSource({"400, XAmzContentSHA256Mismatch", "501, NotImplemented"})
    void aServerThatRefusesTrailersCanBeUsedAndTheOptionIsNamed(int status, String code) throws IOException {
        Rule noTrailers = refusing(Request::hasTrailer, Answer.error(status, code));

        selfTest(noTrailers)
                .canBeUsed()
                .says("checksums", "MISSING", "refuses checksums that follow", "checksums = \"when-required\"");
        selfTest(noTrailers, Map.of("checksums", "when-required")).canBeUsed().saysNothingOf("checksums");
        selfTest(noTrailers, Map.of("checksums", "always"))
                .cannotBeUsed()
                .says("create", "BROKEN", "checksums = \"when-required\"");
    }

    @Test
    void credentialsThatMayNotDeleteCanBeUsedAndAreSaidToProtect() throws IOException {
        selfTest(refusing(S3SelfTest::isDeletion, DENIED))
                .canBeUsed()
                .says(
                        "delete",
                        "MISSING",
                        "deleting is refused",
                        "protects WAL and backups",
                        "Test objects may remain below: check/")
                .keeps("read", "list");
    }

    @Test
    void credentialsThatMayNotReadAreToldWhatIsLost() throws IOException {
        selfTest(refusing(S3SelfTest::isRead, DENIED))
                .canBeUsed()
                .says("read", "MISSING", "reading is refused", "this host cannot verify or restore anything")
                .says("look up", "MISSING", "wal-fetch can never report the end of WAL")
                .says("clock", "MISSING")
                .says(
                        "delete",
                        "MISSING",
                        "deleting is allowed, but the store did not say whether the objects are gone")
                .keeps("create", "refuse", "exclude", "list");
    }

    /** Amazon then answers 403 to questions about what is not there. */
    @Test
    void credentialsThatMayNotListAreToldWhatIsLost() throws IOException {
        Rule noList = refusing(
                request ->
                        request.query().contains("list-type") || request.path().endsWith("/never"),
                DENIED);

        selfTest(noList)
                .canBeUsed()
                .says("list", "MISSING", "listing is refused", "list-backup, verify and recover do not")
                .says("look up", "MISSING", "s3:ListBucket", "only to credentials that may list")
                .keeps("create", "refuse", "read", "clock");
    }

    @Test
    void credentialsThatMayNotWriteCannotBeUsed() throws IOException {
        selfTest(refusing(Request::isPutOfBytes, DENIED))
                .cannotBeUsed()
                .says("create", "BROKEN", "403 AccessDenied", "these credentials may write here")
                .saysNothingOf("refuse", "read", "list");
    }

    @Test
    void aBucketThatKeepsVersionsIsSaidToKeepWhatIsDeleted() throws IOException {
        server.keepVersions(bucket);

        selfTest(Rule.NONE)
                .canBeUsed()
                .keeps("delete")
                .says("versions", "MISSING", "stay, hidden by a marker", "lifecycle");
    }

    /** S3Mock takes what is asked for, and locks nothing. */
    @Test
    void aLockThatTheServerDoesNotKeepIsNotSaidToBeOne() throws IOException {
        selfTest(Rule.NONE, Map.of("lock-for", "1d"))
                .canBeUsed()
                .says("lock", "MISSING", "has no Object Lock: nothing is locked");
    }

    @Test
    void aMissingBucketCannotBeUsedAndTheCommandThatMakesItIsNamed() throws IOException {
        selfTest("no-such-bucket", Rule.NONE, Map.of())
                .cannotBeUsed()
                .says("create", "BROKEN", "aws s3api create-bucket --bucket no-such-bucket");
    }

    private static boolean isDeletion(Request request) {
        return request.method().equals("DELETE") || request.query().startsWith("delete");
    }

    private static boolean isRead(Request request) {
        return request.method().equals("HEAD")
                || (request.method().equals("GET") && request.query().isEmpty());
    }

    private SelfTestRun selfTest(Rule rule) throws IOException {
        return selfTest(rule, Map.of());
    }

    private SelfTestRun selfTest(Rule rule, Map<String, String> more) throws IOException {
        return selfTest(bucket, rule, more);
    }

    private SelfTestRun selfTest(String name, Rule rule, Map<String, String> more) throws IOException {
        try (S3Gateway gateway = S3Gateway.before(server.port(), rule)) {
            Map<String, String> options = new HashMap<>(more);
            options.put("endpoint", "http://127.0.0.1:" + gateway.port());
            options.put("access-key-id", "anybody");
            options.put("secret-access-key-file", SiteFile.secret(directory, "s3-secret", SECRET));
            return SelfTestRun.of(new StoreSite("s3://" + name + "/production", options, List.of(SECRET)), directory);
        }
    }
}
