// SPDX-License-Identifier: Apache-2.0
package org.tidemark.cli.command;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.tidemark.cli.config.ConfigurationFiles;
import org.tidemark.cli.config.ConfigurationLoader;
import org.tidemark.cli.config.SecretMask;
import org.tidemark.cli.config.Setting;
import org.tidemark.cli.config.SettingKey;
import org.tidemark.cli.output.Output;
import org.tidemark.cli.output.TextTable;
import org.tidemark.cli.output.TextTable.Column;
import org.tidemark.core.ExitCode;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

@Command(
        name = "config",
        description = {
            "Checks the configuration and shows the effective settings: each value with the file and line, the variable or the"
                    + " option that set it. Passwords are hidden.",
        })
@Help(
        group = Help.Group.START,
        synopsis = "config",
        examples = {"tidemark config", "tidemark config --config ./tidemark.toml --output json"},
        statuses = {ExitCode.DONE, ExitCode.USAGE})
final class ConfigCommand implements Callable<ExitCode> {
    private final CommandContext context;

    @Mixin
    private final GlobalOptions global = new GlobalOptions();

    ConfigCommand(CommandContext context) {
        this.context = context;
    }

    @Override
    public ExitCode call() {
        Output output = global.output(context);
        List<Setting> settings = new ConfigurationLoader(context.environment(), context.clock())
                .load(global.config(), global.settings())
                .settings();
        Map<SettingKey, Setting> effective = new LinkedHashMap<>();
        settings.forEach(setting -> effective.put(setting.key(), setting));
        if (output.isJson()) {
            printJson(output, effective);
        } else if (effective.isEmpty()) {
            List<Path> places = ConfigurationFiles.candidates(context.environment(), global.config());
            output.say("nothing is configured, neither by variables nor in any of " + places);
            output.say("HINT: Write a configuration with: tidemark init --url URL");
        } else {
            printText(output, effective);
        }
        return ExitCode.DONE;
    }

    private static void printText(Output output, Map<SettingKey, Setting> effective) {
        TextTable table = new TextTable(Column.left("KEY"), Column.left("VALUE"), Column.left("SET BY"));
        for (Setting setting : effective.values()) {
            table.row(
                    setting.key().toString(),
                    SecretMask.shown(setting.key(), setting.value()),
                    setting.origin().text());
        }
        table.lines().forEach(output::line);
    }

    private static void printJson(Output output, Map<SettingKey, Setting> effective) {
        ObjectNode document = JsonMapper.shared().createObjectNode().put("formatVersion", 1);
        ArrayNode settings = document.putArray("settings");
        for (Setting setting : effective.values()) {
            settings.addObject()
                    .put("key", setting.key().toString())
                    .put("value", SecretMask.shown(setting.key(), setting.value()))
                    .put("origin", setting.origin().text());
        }
        output.json(document);
    }
}
