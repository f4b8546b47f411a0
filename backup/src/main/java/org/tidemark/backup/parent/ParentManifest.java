// SPDX-License-Identifier: Apache-2.0
package org.tidemark.backup.parent;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.tidemark.backup.request.ReferenceAge;
import org.tidemark.catalog.backup.BaseBackup;
import org.tidemark.catalog.backup.BaseBackup.ManifestPart;
import org.tidemark.catalog.backup.BaseBackup.ManifestPart.OfAnother;
import org.tidemark.catalog.layout.BackupId;
import org.tidemark.catalog.layout.ObjectName;
import org.tidemark.core.Sha256;

/**
 * The parts of a parent's manifest: a part of the child's that has the same text is not stored again.
 *
 * @param parts as a child refers to them
 * @param texts the SHA-256 of the text of each
 * @param age says which are stored again although their text is the same
 */
public record ParentManifest(List<ManifestPart> parts, List<Sha256> texts, ReferenceAge age) {
    public ParentManifest {
        parts = List.copyOf(parts);
        texts = List.copyOf(texts);
    }

    /** @param texts the SHA-256 of the text of each part */
    static ParentManifest of(BaseBackup parent, List<Sha256> texts, ReferenceAge age) {
        List<ManifestPart> parts = new ArrayList<>();
        for (ObjectName.ManifestPart name : parent.manifestParts()) {
            ManifestPart part = parent.objects().manifestParts().get(parts.size());
            parts.add(new ManifestPart(
                    part.first(),
                    part.object(),
                    Optional.of(new OfAnother(name.keys().id(), name.number()))));
        }
        return new ParentManifest(parts, texts, age);
    }

    /** The backups that own the parts. */
    Stream<BackupId> owners() {
        return parts.stream().flatMap(part -> part.shared().stream()).map(OfAnother::id);
    }

    /** The first path of each part. */
    public List<String> firsts() {
        return parts.stream().map(ManifestPart::first).toList();
    }

    /** The part that has this text, if it is not too old. */
    public Optional<ManifestPart> find(byte[] text) {
        int number = texts.indexOf(Sha256.of(text));
        return number < 0
                ? Optional.empty()
                : Optional.of(parts.get(number))
                        .filter(part -> part.shared()
                                .filter(shared -> !age.isTooOld(shared.id(), shared.number()))
                                .isPresent());
    }
}
