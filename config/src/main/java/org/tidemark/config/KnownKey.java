// SPDX-License-Identifier: Apache-2.0
package org.tidemark.config;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Every key that there is; {@code *} stands for the name that the operator gave a repository or a cluster. */
public enum KnownKey {
    HOST_SPOOL("host.spool", "an absolute path, such as /var/spool/tidemark"),
    HOST_JOBS("host.jobs", "a number from 0 (half of the cores) to 64"),
    HOST_BUNDLES_IN_FLIGHT("host.bundles-in-flight", "a number from 1 to 16"),
    HOST_PUSH_TIMEOUT("host.push-timeout", "a duration, such as 60s"),
    HOST_SPOOL_LIMIT("host.spool-limit", "a size, such as 4GiB"),
    HOST_FETCH_RETRY("host.fetch-retry", "a duration, such as 5m"),
    HOST_WAL_WAIT("host.wal-wait", "a duration, such as 10m"),
    HOST_WORK_DIRECTORY("host.work-directory", "an absolute path, such as /var/tmp"),
    REPOSITORY_URL("repository.*.url", "an address, such as file:///var/lib/tidemark"),
    REPOSITORY_COMPRESSION("repository.*.compression", "zstd[:level], lz4, gzip[:level] or none"),
    REPOSITORY_BANDWIDTH_LIMIT("repository.*.bandwidth-limit", "a size per second, such as 50MiB"),
    REPOSITORY_ENCRYPT_TO("repository.*.encrypt-to", "a list of public keys of age, such as [\"age1...\"]"),
    REPOSITORY_DECRYPT_WITH(
            "repository.*.decrypt-with",
            "a list of absolute paths of files with private keys, or { command = \"...\" }"),
    REPOSITORY_DECRYPT_WITH_COMMAND("repository.*.decrypt-with.command", "a command of the shell"),
    REPOSITORY_ACCESS("repository.*.access", "private (its owner alone) or group", true),
    REPOSITORY_SINGLE_WRITER("repository.*.single-writer", "true (a single host writes there) or false", true),
    REPOSITORY_CONNECT_TIMEOUT("repository.*.connect-timeout", "a duration, such as 10s", true),
    REPOSITORY_READ_TIMEOUT("repository.*.read-timeout", "a duration, such as 30s", true),
    REPOSITORY_REQUEST_TIMEOUT("repository.*.request-timeout", "a duration, such as 10m", true),
    REPOSITORY_PROXY("repository.*.proxy", "an address, such as http://proxy:3128", true),
    REPOSITORY_PASSWORD_FILE("repository.*.password-file", "an absolute path", true),
    REPOSITORY_PASSWORD_COMMAND("repository.*.password-command", "a command of the shell", true),
    REPOSITORY_KEY_FILE("repository.*.key-file", "the absolute path of a private key", true),
    REPOSITORY_KEY_PASSPHRASE_FILE("repository.*.key-passphrase-file", "an absolute path", true),
    REPOSITORY_KEY_PASSPHRASE_COMMAND("repository.*.key-passphrase-command", "a command of the shell", true),
    REPOSITORY_AGENT_SOCKET("repository.*.agent-socket", "the absolute path of an ssh agent's socket", true),
    REPOSITORY_SSH_CONFIG("repository.*.ssh-config", "the absolute path of a configuration file of ssh", true),
    REPOSITORY_KNOWN_HOSTS("repository.*.known-hosts", "the absolute path of a known_hosts file", true),
    REPOSITORY_FSYNC("repository.*.fsync", "required or if-offered", true),
    REPOSITORY_CREATE("repository.*.create", "link or rename", true),
    REPOSITORY_CONNECTIONS("repository.*.connections", "a number from 1 to 64", true),
    REPOSITORY_PROGRAM("repository.*.program", "the name of a program, or its absolute path", true),
    REPOSITORY_WORK_DIRECTORY("repository.*.work-directory", "an absolute path", true),
    REPOSITORY_CACHE("repository.*.cache", "a size, such as 1GiB", true),
    REPOSITORY_AUTH_URL("repository.*.auth-url", "an address, such as https://keystone.example:5000/v3", true),
    REPOSITORY_AUTH_VERSION("repository.*.auth-version", "3 or 1", true),
    REPOSITORY_USER("repository.*.user", "a name", true),
    REPOSITORY_USER_DOMAIN("repository.*.user-domain", "a name", true),
    REPOSITORY_PROJECT("repository.*.project", "a name", true),
    REPOSITORY_PROJECT_ID("repository.*.project-id", "an id", true),
    REPOSITORY_PROJECT_DOMAIN("repository.*.project-domain", "a name", true),
    REPOSITORY_REGION("repository.*.region", "a region, such as eu-west-1", true),
    REPOSITORY_INTERFACE("repository.*.interface", "public, internal or admin", true),
    REPOSITORY_APPLICATION_CREDENTIAL_ID("repository.*.application-credential-id", "an id", true),
    REPOSITORY_APPLICATION_CREDENTIAL_SECRET_FILE(
            "repository.*.application-credential-secret-file", "an absolute path", true),
    REPOSITORY_APPLICATION_CREDENTIAL_SECRET_COMMAND(
            "repository.*.application-credential-secret-command", "a command of the shell", true),
    REPOSITORY_STORAGE_URL("repository.*.storage-url", "an address", true),
    REPOSITORY_CA_FILE("repository.*.ca-file", "the absolute path of a file with certificates", true),
    REPOSITORY_ENDPOINT("repository.*.endpoint", "an address, such as https://minio.example:9000", true),
    REPOSITORY_PATH_STYLE("repository.*.path-style", "true or false", true),
    REPOSITORY_PROFILE("repository.*.profile", "the name of a profile in the files of the AWS tools", true),
    REPOSITORY_ACCESS_KEY_ID("repository.*.access-key-id", "the id of an access key", true),
    REPOSITORY_SECRET_ACCESS_KEY_FILE("repository.*.secret-access-key-file", "an absolute path", true),
    REPOSITORY_SECRET_ACCESS_KEY_COMMAND("repository.*.secret-access-key-command", "a command of the shell", true),
    REPOSITORY_STORAGE_CLASS("repository.*.storage-class", "a storage class of the store", true),
    REPOSITORY_SSE("repository.*.sse", "as-bucket, s3, kms or customer", true),
    REPOSITORY_SSE_KMS_KEY_ID("repository.*.sse-kms-key-id", "the id of a key", true),
    REPOSITORY_SSE_CUSTOMER_KEY_FILE("repository.*.sse-customer-key-file", "an absolute path", true),
    REPOSITORY_SSE_CUSTOMER_KEY_COMMAND("repository.*.sse-customer-key-command", "a command of the shell", true),
    REPOSITORY_TAGS("repository.*.tags", "name=value, several joined by commas", true),
    REPOSITORY_LOCK_FOR("repository.*.lock-for", "a duration, such as 30d", true),
    REPOSITORY_LOCK_MODE("repository.*.lock-mode", "compliance or governance", true),
    REPOSITORY_CHECKSUMS("repository.*.checksums", "auto, always or when-required", true),
    REPOSITORY_ACCOUNT_KEY_FILE("repository.*.account-key-file", "an absolute path", true),
    REPOSITORY_ACCOUNT_KEY_COMMAND("repository.*.account-key-command", "a command of the shell", true),
    REPOSITORY_SAS_FILE("repository.*.sas-file", "an absolute path", true),
    REPOSITORY_SAS_COMMAND("repository.*.sas-command", "a command of the shell", true),
    REPOSITORY_CUSTOMER_KEY_FILE("repository.*.customer-key-file", "an absolute path", true),
    REPOSITORY_CUSTOMER_KEY_COMMAND("repository.*.customer-key-command", "a command of the shell", true),
    REPOSITORY_ENCRYPTION_SCOPE("repository.*.encryption-scope", "the name of an encryption scope", true),
    REPOSITORY_CREDENTIALS("repository.*.credentials", "default or none", true),
    REPOSITORY_CREDENTIALS_FILE("repository.*.credentials-file", "an absolute path", true),
    REPOSITORY_CREDENTIALS_COMMAND("repository.*.credentials-command", "a command of the shell", true),
    REPOSITORY_USER_PROJECT("repository.*.user-project", "the project that pays", true),
    REPOSITORY_KMS_KEY("repository.*.kms-key", "the name of a key", true),
    REPOSITORY_CHUNK_SIZE("repository.*.chunk-size", "a size, such as 8MiB", true),
    CLUSTER_CONNINFO("cluster.*.conninfo", "a libpq connection string, such as host=db1 user=tidemark dbname=postgres"),
    CLUSTER_DATA_DIRECTORY("cluster.*.data-directory", "an absolute path, such as /var/lib/postgresql/15/main"),
    CLUSTER_REPOSITORIES("cluster.*.repositories", "a list of repository names"),
    CLUSTER_ACKNOWLEDGE("cluster.*.acknowledge", "all, or how many of the cluster's repositories, such as 1"),
    CHECK_BACKUP_AGE("cluster.*.check.backup-age", "a duration, such as 26h"),
    CHECK_WAL_AGE("cluster.*.check.wal-age", "a duration, such as 15m"),
    CHECK_FREE_SPACE("cluster.*.check.free-space", "a percentage, such as 15%");

    private final String pattern;
    // Split once: it is compared with every setting before every WAL segment.
    @SuppressWarnings("ImmutableEnumChecker")
    private final List<String> parts;

    private final String expected;
    private final boolean storeOption;

    KnownKey(String pattern, String expected) {
        this(pattern, expected, false);
    }

    KnownKey(String pattern, String expected, boolean storeOption) {
        this.pattern = pattern;
        this.parts = List.of(pattern.split("\\."));
        this.expected = expected;
        this.storeOption = storeOption;
    }

    /** Whether it is for the store of a repository: which store takes which, its provider says. */
    boolean isStoreOption() {
        return storeOption;
    }

    /** Such as {@code repository.*.url}. */
    public String pattern() {
        return pattern;
    }

    /** What a right value looks like, for messages. */
    public String expected() {
        return expected;
    }

    /** The parts of the pattern; the second one is {@code *} where a name belongs. */
    List<String> parts() {
        return parts;
    }

    boolean isNamed() {
        return parts.get(1).equals("*");
    }

    SettingKey key(String name) {
        List<String> filled = new ArrayList<>(parts);
        if (isNamed()) {
            filled.set(1, name);
        }
        return new SettingKey(filled);
    }

    /** Whether a value is written as a list of texts. */
    public boolean isList() {
        return expected.startsWith("a list");
    }

    /** Whether a value of digits alone is a number. */
    public boolean isNumber() {
        return expected.startsWith("a number") || this == CLUSTER_ACKNOWLEDGE || this == REPOSITORY_AUTH_VERSION;
    }

    public boolean isBoolean() {
        return expected.startsWith("true");
    }

    public static Optional<KnownKey> of(SettingKey key) {
        for (KnownKey known : values()) {
            if (known.fits(key.parts())) {
                return Optional.of(known);
            }
        }
        return Optional.empty();
    }

    private boolean fits(List<String> key) {
        if (key.size() != parts.size()) {
            return false;
        }
        for (int i = 0; i < key.size(); i++) {
            if (!parts.get(i).equals("*") && !parts.get(i).equals(key.get(i))) {
                return false;
            }
        }
        return true;
    }
}
