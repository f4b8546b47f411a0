// SPDX-License-Identifier: Apache-2.0
package org.tidemark.config;

import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import org.tidemark.catalog.format.Codec;
import org.tidemark.catalog.format.Encoding;
import org.tidemark.catalog.format.Recipients;
import org.tidemark.config.Setting.Origin;
import org.tidemark.retention.RetentionSettings;

/**
 * One repository. Immutable.
 *
 * @param name as configured, or the address if that was given on the command line
 * @param compression the codec for new objects, such as {@code zstd:1}
 * @param bandwidthLimit bytes per second
 * @param keys its encryption keys
 * @param options the store's own options
 * @param configuredRetention empty if nothing is configured, and for WAL commands, which load no class of it
 * @param maxReferenceAge for how long incremental backups may refer to what is stored; empty: without a limit
 * @param origin where the address was configured; empty if it was given on the command line
 */
public record RepositorySettings(
        String name,
        URI url,
        String compression,
        OptionalLong bandwidthLimit,
        KeySettings keys,
        Map<String, String> options,
        Optional<RetentionSettings> configuredRetention,
        Optional<Duration> maxReferenceAge,
        Optional<Origin> origin) {
    public RepositorySettings {
        options = Map.copyOf(options);
    }

    public static final String DEFAULT_COMPRESSION = "zstd:1";

    /** A repository with default settings, given only by its address. */
    public static RepositorySettings at(URI url) {
        return new RepositorySettings(
                url.toString(),
                url,
                DEFAULT_COMPRESSION,
                OptionalLong.empty(),
                KeySettings.NONE,
                Map.of(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty());
    }

    /** The repository as messages name it: with the line of its address, such as {@code 'local' (tidemark.toml:3)}. */
    public String described() {
        return "repository '" + name + "'" + (origin.isEmpty() ? "" : " (" + origin.get() + ")");
    }

    /** The encoding of new objects. */
    public Encoding encoding() {
        Codec codec = Codec.parse(compression);
        return keys.encryptTo().isEmpty()
                ? Encoding.of(codec)
                : new Encoding(codec, Optional.of(Recipients.parse(keys.encryptTo())));
    }

    /**
     * Whether both repositories encrypt to the same keys. Otherwise a copied object could not be read with the keys of
     * its new repository, or would be refused there.
     */
    public boolean hasKeysOf(RepositorySettings other) {
        return keys.recipients().equals(other.keys.recipients());
    }

    /**
     * The same repository, read with the private keys in these files.
     *
     * @param files absolute paths; if empty, the configured files are used
     */
    public RepositorySettings withDecryptWith(List<Path> files) {
        return files.isEmpty()
                ? this
                : new RepositorySettings(
                        name,
                        url,
                        compression,
                        bandwidthLimit,
                        keys.withDecryptWith(files),
                        options,
                        configuredRetention,
                        maxReferenceAge,
                        origin);
    }

    /** How long backups and WAL are kept in it. */
    public RetentionSettings retention() {
        return configuredRetention.orElse(RetentionSettings.NONE);
    }

    /**
     * The public keys of a repository, and where its private keys are. Immutable; holds no private key.
     *
     * @param encryptTo public keys of age; none: new objects are not encrypted
     * @param decryptWith absolute paths of files with private keys
     * @param decryptCommand a shell command that prints private keys, instead of files
     */
    public record KeySettings(List<String> encryptTo, List<Path> decryptWith, Optional<String> decryptCommand) {
        public static final KeySettings NONE = new KeySettings(List.of(), List.of(), Optional.empty());

        public KeySettings {
            encryptTo = List.copyOf(encryptTo);
            decryptWith = List.copyOf(decryptWith);
        }

        /**
         * The recipients: repositories with the same recipients (or both without) can hold copies of each other's
         * objects.
         */
        public Set<String> recipients() {
            return Set.copyOf(encryptTo);
        }

        /** The same, but reading only with these files. */
        KeySettings withDecryptWith(List<Path> files) {
            return new KeySettings(encryptTo, files, Optional.empty());
        }
    }
}
