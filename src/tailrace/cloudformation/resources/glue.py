"""AWS::Glue::Database, Table, Partition, Classifier and Crawler."""

from collections.abc import Mapping
from typing import Any

from tailrace.cloudformation.resources.naming import Naming
from tailrace.cloudformation.resources.resource import ResourceType, Work
from tailrace.cloudformation.resources.tagging import Tagging

_CLASSIFIERS = ("GrokClassifier", "XMLClassifier", "JsonClassifier", "CsvClassifier")


class Database(ResourceType):
    """A database of the catalog. Its name stands in DatabaseInput or beside it."""

    name = "AWS::Glue::Database"
    service = "glue"
    creates = "CreateDatabase"
    updates = "UpdateDatabase"
    deletes = "DeleteDatabase"
    naming = Naming("DatabaseInput/Name", 255, lower=True, separator="_")

    def creation(self, work: Work) -> dict[str, Any]:
        """Answer CreateDatabase's parameters."""
        given = {**work.properties["DatabaseInput"], "Name": work.physical_id}
        return {**work.picked("CatalogId"), "DatabaseInput": given}

    def change(self, work: Work) -> dict[str, Any]:
        """Answer UpdateDatabase's parameters."""
        return {**self.creation(work), "Name": work.physical_id}

    def removal(self, work: Work) -> dict[str, Any]:
        """Say which database."""
        return {**work.picked("CatalogId"), "Name": work.physical_id}

    def replaces(self, name: str, former: Mapping[str, Any], properties: Mapping[str, Any]) -> bool:
        """A database that is called otherwise is another one."""
        renamed = former.get("DatabaseInput", {}).get("Name") != properties.get("DatabaseInput", {}).get("Name")
        return super().replaces(name, former, properties) or (name == "DatabaseInput" and renamed)


class Table(ResourceType):
    """A table of the catalog. An update puts a whole new TableInput in the place of the old one."""

    name = "AWS::Glue::Table"
    service = "glue"
    creates = "CreateTable"
    updates = "UpdateTable"
    deletes = "DeleteTable"
    naming = Naming("TableInput/Name", 255, lower=True, separator="_")
    unbuilt = frozenset({"OpenTableFormatInput", "Name"})

    def creation(self, work: Work) -> dict[str, Any]:
        """Answer the parameters of CreateTable, and of UpdateTable."""
        given = {**work.properties["TableInput"], "Name": work.physical_id}
        return {**work.picked("CatalogId", "DatabaseName"), "TableInput": given}

    def change(self, work: Work) -> dict[str, Any]:
        """Answer UpdateTable's parameters."""
        return self.creation(work)

    def removal(self, work: Work) -> dict[str, Any]:
        """Say which table."""
        return {**work.picked("CatalogId", "DatabaseName"), "Name": work.physical_id}


class Partition(ResourceType):
    """A partition of a table, known by its values."""

    name = "AWS::Glue::Partition"
    service = "glue"
    creates = "CreatePartition"
    updates = "UpdatePartition"
    deletes = "DeletePartition"
    identity = ("CatalogId", "DatabaseName", "TableName")

    def change(self, work: Work) -> dict[str, Any]:
        """Answer UpdatePartition's parameters."""
        values = work.properties["PartitionInput"]["Values"]
        return {**work.picked(*self.identity, "PartitionInput"), "PartitionValueList": values}

    def removal(self, work: Work) -> dict[str, Any]:
        """Say which partition."""
        return {**work.picked(*self.identity), "PartitionValues": work.properties["PartitionInput"]["Values"]}

    def identifier(self, work: Work, answer: Mapping[str, Any]) -> str:
        """Answer the table and the values."""
        values = ",".join(map(str, work.properties["PartitionInput"]["Values"]))
        return "|".join([*(str(work.properties[name]) for name in self.identity), f"[{values}]"])

    async def adopted(self, work: Work) -> str:
        """Answer the table and the values."""
        return self.identifier(work, {})


class Classifier(ResourceType):
    """A custom classifier: one of four kinds, its name inside."""

    name = "AWS::Glue::Classifier"
    service = "glue"
    creates = "CreateClassifier"
    updates = "UpdateClassifier"
    deletes = "DeleteClassifier"

    def creation(self, work: Work) -> dict[str, Any]:
        """Answer CreateClassifier's parameters."""
        return {
            name: {**work.properties[name], "Name": work.physical_id}
            for name in _CLASSIFIERS
            if name in work.properties
        }

    def custom_name(self, properties: dict[str, Any]) -> str | None:
        """Answer the name inside."""
        names = [properties[kind].get("Name") for kind in _CLASSIFIERS if isinstance(properties.get(kind), dict)]
        return names[0] if names else None

    def change(self, work: Work) -> dict[str, Any]:
        """Answer UpdateClassifier's parameters."""
        return self.creation(work)

    def removal(self, work: Work) -> dict[str, Any]:
        """Say which classifier."""
        return {"Name": work.physical_id}

    async def read(self, work: Work) -> dict[str, Any]:
        """Answer the name."""
        return {"Name": work.physical_id}


class Crawler(ResourceType):
    """A crawler. Its schedule is an object here and a text in the API."""

    name = "AWS::Glue::Crawler"
    service = "glue"
    creates = "CreateCrawler"
    updates = "UpdateCrawler"
    deletes = "DeleteCrawler"
    naming = Naming("Name", 255)
    tagging = Tagging("Tags", "TagResource", "UntagResource", "ResourceArn", "Arn", "TagsToAdd", "TagsToRemove", False)

    def creation(self, work: Work) -> dict[str, Any]:
        """Answer CreateCrawler's parameters."""
        return {**super().creation(work), **_schedule(work)}

    def change(self, work: Work) -> dict[str, Any]:
        """Answer UpdateCrawler's parameters."""
        return {**super().change(work), **_schedule(work)}

    async def read(self, work: Work) -> dict[str, Any]:
        """Answer the ARN, for the tag operations."""
        return {"Arn": work.arn("glue", f"crawler/{work.physical_id}")}


def _schedule(work: Work) -> dict[str, Any]:
    schedule = work.properties.get("Schedule")
    if isinstance(schedule, dict):
        return {"Schedule": schedule.get("ScheduleExpression")}
    # A schedule that was taken out of the template is taken off the crawler.
    return {"Schedule": ""} if "Schedule" in work.former else {}


TYPES = (Database(), Table(), Partition(), Classifier(), Crawler())
