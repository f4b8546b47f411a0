// SPDX-License-Identifier: Apache-2.0
package org.tidemark.cli.command;

import java.time.Clock;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.UUID;
import org.tidemark.catalog.layout.ObjectName;
import org.tidemark.cli.output.Output;
import org.tidemark.config.RepositorySettings;
import org.tidemark.core.ExitCode;
import org.tidemark.operations.Session;
import org.tidemark.store.ObjectStore;
import org.tidemark.store.selftest.SelfTestResult;
import org.tidemark.store.selftest.SelfTestResult.Verdict;
import org.tidemark.store.selftest.StoreSelfTest;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** {@code init --test}: tries what the stores of repositories promise, and shows it. */
final class StoreTrial {
    private final Session session;
    private final Clock clock;
    private final Output output;

    StoreTrial(Session session, Clock clock, Output output) {
        this.session = session;
        this.clock = clock;
        this.output = output;
    }

    /** {@link ExitCode#NO} if one of the stores does not keep what nothing is safe without, or could not be tried. */
    ExitCode run(List<RepositorySettings> repositories) {
        ObjectNode document = JsonMapper.shared().createObjectNode().put("formatVersion", 1);
        ArrayNode all = document.putArray("repositories");
        boolean usable = true;
        for (RepositorySettings settings : repositories) {
            ObjectStore store = session.repositories().store(settings);
            String place = ObjectName.Scratch.of(UUID.randomUUID()).key() + "/";
            List<SelfTestResult> proofs = new StoreSelfTest(store, place, clock, new Random()).run();
            boolean each = proofs.stream()
                    .noneMatch(proof -> proof.verdict() == Verdict.BROKEN || proof.verdict() == Verdict.UNKNOWN);
            usable &= each;
            if (output.isJson()) {
                all.add(json(settings, store, proofs, each));
            } else {
                print(settings, store, proofs, each);
            }
        }
        if (output.isJson()) {
            output.json(document);
        }
        return usable ? ExitCode.DONE : ExitCode.NO;
    }

    private void print(RepositorySettings settings, ObjectStore store, List<SelfTestResult> proofs, boolean usable) {
        String address = store.description();
        output.line((settings.name().equals(address) ? address : settings.name() + " · " + address)
                + (usable ? " · can be used" : " · CANNOT BE USED"));
        for (SelfTestResult proof : proofs) {
            output.line(String.format(Locale.ROOT, "%-8s %-9s %s", word(proof), proof.subject(), proof.message()));
            if (!proof.hint().isEmpty()) {
                output.line("         HINT: " + proof.hint());
            }
        }
    }

    private static String word(SelfTestResult proof) {
        return proof.verdict() == Verdict.KEPT ? "OK" : proof.verdict().name();
    }

    private static ObjectNode json(
            RepositorySettings settings, ObjectStore store, List<SelfTestResult> proofs, boolean usable) {
        ObjectNode node = JsonMapper.shared()
                .createObjectNode()
                .put("name", settings.name())
                .put("store", store.description())
                .put("usable", usable);
        ArrayNode list = node.putArray("proofs");
        for (SelfTestResult proof : proofs) {
            list.addObject()
                    .put("subject", proof.subject())
                    .put("verdict", proof.verdict().name().toLowerCase(Locale.ROOT))
                    .put("message", proof.message())
                    .put("hint", proof.hint());
        }
        return node;
    }
}
