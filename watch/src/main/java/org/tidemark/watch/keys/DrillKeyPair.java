// SPDX-License-Identifier: Apache-2.0
package org.tidemark.watch.keys;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.tidemark.catalog.backup.EvidenceKey;
import org.tidemark.catalog.backup.SigningKey;
import org.tidemark.config.DrillSettings;

/**
 * A key that signs evidence of drills, or checks it. Immutable.
 *
 * @param privateKey its file; empty if this host does not sign with it
 * @param isConfigured whether drill.public-keys has it
 */
public record DrillKeyPair(EvidenceKey key, Optional<Path> privateKey, boolean isConfigured) {
    /**
     * Those of this host, the one that signs first.
     *
     * @throws org.tidemark.core.UserFacingException USAGE if the private key cannot be used
     */
    public static List<DrillKeyPair> of(DrillSettings settings) {
        Optional<EvidenceKey> signer =
                settings.signingKey().map(SigningKey::read).map(SigningKey::publicKey);
        return Stream.concat(signer.stream(), settings.publicKeys().stream())
                .distinct()
                .map(key -> new DrillKeyPair(
                        key,
                        settings.signingKey().filter(_ -> signer.equals(Optional.of(key))),
                        settings.publicKeys().contains(key)))
                .toList();
    }
}
