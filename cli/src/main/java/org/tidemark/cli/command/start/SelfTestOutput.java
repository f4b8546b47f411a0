// SPDX-License-Identifier: Apache-2.0
package org.tidemark.cli.command.start;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.tidemark.cli.output.Output;
import org.tidemark.operations.setup.HostileRepositoryTest;
import org.tidemark.operations.setup.RepositorySelfTest;
import org.tidemark.store.selftest.SelfTestResult;
import org.tidemark.store.selftest.SelfTestResult.Verdict;
import org.tidemark.view.Json;

/** What {@code init --test} prints: lines as the results come, or one document at the end. */
final class SelfTestOutput {
    private final Output output;
    private final List<View.Tested> repositories = new ArrayList<>();

    private record View(List<Tested> repositories) {
        /** @param outcome of a hostile test, which says nothing of {@code usable} */
        record Tested(
                String name, String store, Optional<Boolean> usable, Optional<String> outcome, List<Proof> proofs) {}

        record Proof(String subject, String verdict, String message, String hint) {
            static Proof of(SelfTestResult result) {
                String verdict = result.verdict().name().toLowerCase(Locale.ROOT);
                return new Proof(result.subject(), verdict, result.message(), result.hint());
            }
        }
    }

    SelfTestOutput(Output output) {
        this.output = output;
    }

    void add(RepositorySelfTest test) {
        add(
                new View.Tested(
                        test.repository(),
                        test.store(),
                        Optional.of(test.isUsable()),
                        Optional.empty(),
                        Json.list(test.results(), View.Proof::of)),
                test.isUsable() ? "can be used" : "CANNOT BE USED",
                test.results());
    }

    void add(HostileRepositoryTest test) {
        add(
                new View.Tested(
                        test.repository(),
                        test.store(),
                        Optional.empty(),
                        Optional.of(test.report().outcome().name().toLowerCase(Locale.ROOT)),
                        Json.list(test.report().results(), View.Proof::of)),
                switch (test.report().outcome()) {
                    case CAN_DESTROY -> "an intruder on this host CAN DESTROY what is stored";
                    case CAN_HIDE -> "an intruder on this host CAN HIDE what is stored, for the store to bring back";
                    case CANNOT_DESTROY_BEFORE_LOCK_ENDS ->
                        "an intruder on this host cannot destroy what is stored before its lock ends";
                    case CANNOT_DESTROY -> "an intruder on this host cannot destroy what is stored";
                    case NOT_KNOWN -> "NOT KNOWN whether an intruder on this host can destroy what is stored";
                },
                test.report().results());
    }

    private void add(View.Tested tested, String verdict, List<SelfTestResult> results) {
        if (output.isJson()) {
            repositories.add(tested);
        } else {
            print(tested, verdict, results);
        }
    }

    void finish() {
        if (output.isJson()) {
            output.json(new View(repositories));
        }
    }

    private void print(View.Tested tested, String outcome, List<SelfTestResult> results) {
        String address = tested.store();
        output.line((tested.name().equals(address) ? address : tested.name() + " · " + address) + " · " + outcome);
        for (SelfTestResult result : results) {
            String verdict =
                    result.verdict() == Verdict.KEPT ? "OK" : result.verdict().name();
            output.line(String.format(Locale.ROOT, "%-8s %-9s %s", verdict, result.subject(), result.message()));
            if (!result.hint().isEmpty()) {
                output.advise("         HINT: " + result.hint());
            }
        }
    }
}
