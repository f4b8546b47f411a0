// SPDX-License-Identifier: Apache-2.0
package org.tidemark.backup.bundle;

import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.tidemark.backup.parent.ParentFrames;
import org.tidemark.backup.target.EarlierAttempts;
import org.tidemark.backup.target.Receiver;
import org.tidemark.catalog.backup.FingerprintKey;
import org.tidemark.catalog.backup.Intent;
import org.tidemark.catalog.backup.ManifestWriter;
import org.tidemark.catalog.format.Encoding;
import org.tidemark.catalog.layout.BackupKeys;

/**
 * A backup as it is stored with one encryption: all of its receivers get the same objects under the same id. It shares
 * nothing but the frames' bytes with the other variants: these have other parents, or none.
 *
 * @param parent the backup whose frames this one may refer to, which all of its receivers have
 * @param earlier attempts of which it refers to what they have stored; {@link #close} closes them
 * @param fingerprintKey that of the parent or of the earlier attempts, so that the checksums of both can be compared
 * @param manifest of what is in the bundles of this variant; used by one thread
 * @param begun open as long as this host works on it
 */
public record BackupVariant(
        BackupKeys keys,
        Intent intent,
        Encoding encoding,
        List<Receiver> receivers,
        Optional<ParentFrames> parent,
        Optional<EarlierAttempts> earlier,
        FingerprintKey fingerprintKey,
        ManifestWriter manifest,
        Closeable begun)
        implements AutoCloseable {
    public BackupVariant {
        receivers = List.copyOf(receivers);
    }

    /**
     * A variant whose id is claimed.
     *
     * @param newKey the key where neither the parent nor the earlier attempts give one
     * @param work for the manifest
     * @param begun is closed with the variant
     */
    public static BackupVariant of(
            BackupKeys keys,
            Intent intent,
            Encoding encoding,
            List<Receiver> receivers,
            Optional<ParentFrames> parent,
            Optional<EarlierAttempts> earlier,
            FingerprintKey newKey,
            Path work,
            Closeable begun) {
        return new BackupVariant(
                keys,
                intent,
                encoding,
                receivers,
                parent,
                earlier,
                parent.map(each -> each.parent().objects().fingerprintKey())
                        .or(() -> earlier.map(EarlierAttempts::key))
                        .orElse(newKey),
                new ManifestWriter(work, "manifest-" + keys.id()),
                begun);
    }

    /** Those that still get the backup. */
    public List<Receiver> live() {
        return receivers.stream().filter(Receiver::isLive).toList();
    }

    /** Whether anyone still gets this variant. */
    public boolean isLive() {
        return receivers.stream().anyMatch(Receiver::isLive);
    }

    @Override
    public void close() throws IOException {
        earlier.ifPresent(EarlierAttempts::close);
        try (begun) {
            manifest.close();
        }
    }
}
