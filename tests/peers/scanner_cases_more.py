"""More of `scanner_cases`: load balancers, trails, and clusters of AWS, then Azure and OCI."""

from scanner_cases import case, flag, policy, present, statement, text64, SCRIPTS  # noqa: F401


def aws_services():
    for public, cidrs in [(True, None), (True, ["0.0.0.0/0"]), (False, None), (True, ["10.0.0.0/8"]), (True, ["203.0.113.0/24", "0.0.0.0/0"])]:
        settings = {"subnetIds": ["s-1"], **present(endpointPublicAccess=public, publicAccessCidrs=cidrs)}
        twin = {"subnet_ids": ["s-1"], **present(endpoint_public_access=public, public_access_cidrs=cidrs)}
        yield case("k8s-public-api", "CKV_AWS_38", "aws eks CreateCluster", {"name": "c", "resourcesVpcConfig": settings},
                   "aws_eks_cluster", {"name": "c", "role_arn": "r", "vpc_config": twin})
    for resources in [["secrets"], None]:
        config = {"encryptionConfig": [{"resources": resources, "provider": {"keyArn": "k"}}]} if resources else {}
        twin = {"encryption_config": {"resources": resources, "provider": {"key_arn": "k"}}} if resources else {}
        yield case("k8s-secrets-encryption", "CKV_AWS_58", "aws eks CreateCluster", {"name": "c", "resourcesVpcConfig": {"endpointPublicAccess": False}, **config},
                   "aws_eks_cluster", {"name": "c", "role_arn": "r", **twin})
    listener = {"LoadBalancerArn": "arn:aws:elasticloadbalancing:eu-central-1:1:loadbalancer/app/x/1"}
    forward = ([{"Type": "forward", "TargetGroupArn": "t"}], {"type": "forward", "target_group_arn": "t"})
    redirect = ([{"Type": "redirect", "RedirectConfig": {"Protocol": "HTTPS", "Port": "443", "StatusCode": "HTTP_301"}}],
                {"type": "redirect", "redirect": {"protocol": "HTTPS", "port": "443", "status_code": "HTTP_301"}})
    plain = ([{"Type": "redirect", "RedirectConfig": {"Protocol": "HTTP", "StatusCode": "HTTP_301"}}], {"type": "redirect", "redirect": {"protocol": "HTTP", "status_code": "HTTP_301"}})
    for protocol, actions, tls in [
        ("HTTP", forward, None), ("HTTP", redirect, None), ("HTTP", plain, None), ("HTTPS", forward, "ELBSecurityPolicy-TLS-1-2-2017-01"),
        ("HTTPS", forward, "ELBSecurityPolicy-2016-08"), ("HTTPS", forward, "ELBSecurityPolicy-TLS13-1-2-2021-06"), ("HTTPS", forward, "ELBSecurityPolicy-FS-1-2-Res-2020-10"),
        ("HTTPS", forward, "ELBSecurityPolicy-TLS-1-0-2015-04"), ("HTTPS", forward, None), ("TCP", forward, None), ("TLS", forward, "ELBSecurityPolicy-TLS13-1-2-2021-06"),
    ]:
        params = {**listener, "Port": 443, "DefaultActions": actions[0], **present(Protocol=protocol, SslPolicy=tls)}
        twin = {"load_balancer_arn": "a", "port": 443, "default_action": actions[1], **present(protocol=protocol, ssl_policy=tls)}
        yield case("lb-https", "CKV_AWS_2", "aws elbv2 CreateListener", params, "aws_lb_listener", twin)
        yield case("tls-min-version", "CKV_AWS_103", "aws elbv2 CreateListener", params, "aws_lb_listener", twin)
    for version in ["TLSv1.2_2021", "TLSv1.2_2018", "TLSv1.2_2019", "TLSv1", "TLSv1_2016", "TLSv1.1_2016", "SSLv3", None]:
        yield case("tls-min-version", "CKV_AWS_174", "aws cloudfront CreateDistribution",
                   {"DistributionConfig": {"ViewerCertificate": present(ACMCertificateArn="a", MinimumProtocolVersion=version)}},
                   "aws_cloudfront_distribution", {"enabled": True, "viewer_certificate": present(acm_certificate_arn="a", minimum_protocol_version=version)})
    good = {"IsMultiRegionTrail": True, "EnableLogFileValidation": True, "KmsKeyId": "k"}
    names = {"IsMultiRegionTrail": "is_multi_region_trail", "EnableLogFileValidation": "enable_log_file_validation", "KmsKeyId": "kms_key_id"}
    for lacking in [None, *names]:
        trail = {name: value for name, value in good.items() if name != lacking}
        yield case("audit-trail-config", "CKV_AWS_67 CKV_AWS_36 CKV_AWS_35", "aws cloudtrail CreateTrail", {"Name": "t", "S3BucketName": "b", **trail},
                   "aws_cloudtrail", {"name": "t", "s3_bucket_name": "b", **{names[name]: value for name, value in trail.items()}})
    yield from flag("log-retention", "CKV_AWS_338", "aws logs PutRetentionPolicy", "retentionInDays", [7, 90, 365, 731], "aws_cloudwatch_log_group", "retention_in_days",
                    {"logGroupName": "g"}, {"name": "g"})
    yield case("key-rotation", "CKV_AWS_7", "aws kms CreateKey", {}, "aws_kms_key", {"enable_key_rotation": False})
    yield case("key-rotation", "CKV_AWS_7", "aws kms CreateKey", {"KeySpec": "RSA_2048", "KeyUsage": "SIGN_VERIFY"}, "aws_kms_key", {"customer_master_key_spec": "RSA_2048"})


AZURE_OPENINGS = [
    ("Tcp", "22", "*"), ("Tcp", "22", "10.0.0.0/16"), ("*", "*", "Internet"), ("tcp", "20-25", "internet"), ("Tcp", "443", "*"), ("Tcp", "3389", "*"),
    ("Tcp", "3000-4000", "Any"), ("Tcp", "80", "*"), ("Udp", "53", "*"), ("Udp", "53", "10.0.0.0/8"), ("Tcp", "3389", "VirtualNetwork"), ("Icmp", "*", "*"),
]
AZURE_PORTS = {"net-open-ssh": "CKV_AZURE_10", "net-open-rdp": "CKV_AZURE_9", "net-open-http": "CKV_AZURE_160", "net-open-udp": "CKV_AZURE_77"}


def azure_network():
    for access, direction in [("Allow", "Inbound"), ("Deny", "Inbound"), ("allow", "inbound"), ("Allow", "Outbound")]:
        for protocol, port, source in AZURE_OPENINGS if access == "Allow" and direction == "Inbound" else AZURE_OPENINGS[:3]:
            ours = {"access": access, "direction": direction, "protocol": protocol, "priority": 100, "destinationPortRange": port, "sourceAddressPrefix": source,
                    "sourcePortRange": "*", "destinationAddressPrefix": "*"}
            twin = {"name": "r", "access": access, "direction": direction, "protocol": protocol, "priority": 100, "destination_port_range": port,
                    "source_address_prefix": source, "source_port_range": "*", "destination_address_prefix": "*"}
            for topic, check in AZURE_PORTS.items():
                yield case(topic, check, "azure network SecurityRules_CreateOrUpdate", {"securityRuleName": "r", "body": {"properties": ours}},
                           "azurerm_network_security_rule", twin)
                yield case(topic, check, "azure network NetworkSecurityGroups_CreateOrUpdate",
                           {"networkSecurityGroupName": "g", "body": {"location": "eastus", "properties": {"securityRules": [{"name": "r", "properties": ours}]}}},
                           "azurerm_network_security_group", {"name": "g", "security_rule": twin})
    card = {"name": "i", "subnet_id": "s", "private_ip_address_allocation": "Dynamic"}
    for address in [None, "/subscriptions/1/publicIPAddresses/a"]:
        inner = {"subnet": {"id": "s"}, **({"publicIPAddress": {"id": address}} if address else {})}
        yield case("instance-public-ip", "CKV_AZURE_119", "azure network NetworkInterfaces_CreateOrUpdate",
                   {"body": {"properties": {"ipConfigurations": [{"name": "i", "properties": inner}]}}},
                   "azurerm_network_interface", {"name": "n", "ip_configuration": {**card, **present(public_ip_address_id=address)}})
    yield from flag("nic-ip-forwarding", "CKV_AZURE_118", "azure network NetworkInterfaces_CreateOrUpdate", "body.properties.enableIPForwarding", [True, False, None],
                    "azurerm_network_interface", "enable_ip_forwarding", {}, {"name": "n"})


def azure_storage():
    create, kind = "azure storage StorageAccounts_Create", "azurerm_storage_account"
    base = {"body": {"sku": {"name": "Standard_LRS"}, "kind": "StorageV2", "location": "eastus", "properties": {}}}
    twin = {"name": "a", "account_tier": "Standard"}
    tls = [("TLS1_2", "TLS1_2"), ("TLS1_0", "TLS1_0"), ("TLS1_1", "TLS1_1")]
    for topic, checks, member, values, attribute in [
        ("storage-https-only", "CKV_AZURE_3", "supportsHttpsTrafficOnly", [True, False, None], "enable_https_traffic_only"),
        ("tls-min-version", "CKV_AZURE_44", "minimumTlsVersion", tls, "min_tls_version"),
        ("object-public-access", "CKV_AZURE_190", "allowBlobPublicAccess", [True, False], "allow_nested_items_to_be_public"),
        ("storage-public-network", "CKV_AZURE_59", "publicNetworkAccess", [("Enabled", True), ("Disabled", False), None], "public_network_access_enabled"),
        ("storage-default-deny", "CKV_AZURE_35", "networkAcls.defaultAction", ["Allow", "Deny"], "network_rules.default_action"),
        ("storage-shared-key", "CKV2_AZURE_40", "allowSharedKeyAccess", [True, False, None], "shared_access_key_enabled"),
    ]:
        yield from flag(topic, checks, create, f"body.properties.{member}", values, kind, attribute, base, twin)
    yield from flag("object-public-access", "CKV_AZURE_34", "azure storage BlobContainers_Create", "body.properties.publicAccess",
                    [("Blob", "blob"), ("Container", "container"), ("None", "private"), None], "azurerm_storage_container", "container_access_type", {}, {"name": "c"})


def azure_compute():
    vm, kind = "azure compute VirtualMachines_CreateOrUpdate", "azurerm_linux_virtual_machine"
    linux = {"body": {"location": "eastus", "properties": {"osProfile": {"linuxConfiguration": {}}}}}
    for value in [True, False]:
        yield from flag("vm-password-auth", "CKV_AZURE_149", vm, "body.properties.osProfile.linuxConfiguration.disablePasswordAuthentication", [value],
                        kind, "disable_password_authentication", linux, {"name": "v"})
        yield from flag("vm-password-auth", "CKV_AZURE_149", "azure compute VirtualMachineScaleSets_CreateOrUpdate",
                        "body.properties.virtualMachineProfile.osProfile.linuxConfiguration.disablePasswordAuthentication", [value],
                        "azurerm_linux_virtual_machine_scale_set", "disable_password_authentication", {}, {"name": "v"})
    yield from flag("disk-host-encryption", "CKV_AZURE_151", vm, "body.properties.securityProfile.encryptionAtHost", [True, False, None],
                    "azurerm_windows_virtual_machine", "encryption_at_host_enabled", {}, {"name": "v"})
    for script in SCRIPTS:
        yield case("userdata-secrets", "CKV_AZURE_45", vm, {"body": {"properties": {"osProfile": {"customData": text64(script)}}}},
                   "azurerm_virtual_machine", {"name": "v", "os_profile": {"custom_data": script}})
    for address, policy_ in [("Disabled", "DenyAll"), ("Enabled", "AllowAll")]:
        yield case("disk-public-access", "CKV_AZURE_251", "azure compute Disks_CreateOrUpdate",
                   {"body": {"properties": {"publicNetworkAccess": address, "networkAccessPolicy": policy_}}},
                   "azurerm_managed_disk", {"name": "d", "public_network_access_enabled": address == "Enabled", "network_access_policy": policy_})
    yield from flag("app-https-only", "CKV_AZURE_14", "azure web WebApps_CreateOrUpdate", "body.properties.httpsOnly", [True, False, None],
                    "azurerm_linux_web_app", "https_only", {}, {"name": "w"})
    yield from flag("app-ftp-disabled", "CKV_AZURE_78", "azure web WebApps_CreateOrUpdate", "body.properties.siteConfig.ftpsState", ["AllAllowed", "FtpsOnly", "Disabled"],
                    "azurerm_linux_web_app", "site_config.ftps_state", {}, {"name": "w"})
    yield from flag("tls-min-version", "CKV_AZURE_15", "azure web WebApps_CreateOrUpdate", "body.properties.siteConfig.minTlsVersion", ["1.0", "1.1", "1.2", None],
                    "azurerm_app_service", "site_config.min_tls_version", {}, {"name": "w"})


def azure_databases():
    public = [("Disabled", False), ("Enabled", True)]
    yield from flag("db-public-access", "CKV_AZURE_113", "azure sql Servers_CreateOrUpdate", "body.properties.publicNetworkAccess", [*public, None],
                    "azurerm_mssql_server", "public_network_access_enabled", {}, {"name": "s"})
    yield from flag("db-public-access", "CKV_AZURE_101", "azure cosmosdb DatabaseAccounts_CreateOrUpdate", "body.properties.publicNetworkAccess", [*public, None],
                    "azurerm_cosmosdb_account", "public_network_access_enabled", {}, {"name": "s"})
    yield from flag("db-public-access", "CKV_AZURE_89", "azure redis Redis_Create", "body.properties.publicNetworkAccess", [*public, None],
                    "azurerm_redis_cache", "public_network_access_enabled", {}, {"name": "s"})
    for start, end in [("0.0.0.0", "255.255.255.255"), ("10.0.0.4", "10.0.0.8"), ("203.0.113.1", "203.0.113.1")]:
        yield case("db-open-firewall", "CKV_AZURE_11", "azure sql FirewallRules_CreateOrUpdate", {"body": {"properties": {"startIpAddress": start, "endIpAddress": end}}},
                   "azurerm_sql_firewall_rule", {"name": "f", "start_ip_address": start, "end_ip_address": end})
    yield from flag("tls-min-version", "CKV_AZURE_52", "azure sql Servers_CreateOrUpdate", "body.properties.minimalTlsVersion", ["1.0", "1.1", "1.2"],
                    "azurerm_mssql_server", "minimum_tls_version", {}, {"name": "s"})
    yield from flag("tls-min-version", "CKV_AZURE_148", "azure redis Redis_Create", "body.properties.minimumTlsVersion", ["1.0", "1.1", "1.2"],
                    "azurerm_redis_cache", "minimum_tls_version", {}, {"name": "s"})
    yield from flag("db-tls", "CKV_AZURE_91", "azure redis Redis_Create", "body.properties.enableNonSslPort", [True, False, None],
                    "azurerm_redis_cache", "enable_non_ssl_port", {}, {"name": "s"})
    yield from flag("db-geo-backup", "CKV_AZURE_136", "azure postgresqlflexibleservers Servers_CreateOrUpdate", "body.properties.backup.geoRedundantBackup",
                    [("Enabled", True), ("Disabled", False), None], "azurerm_postgresql_flexible_server", "geo_redundant_backup_enabled", {}, {"name": "s"})


def azure_platform():
    vault = "azure keyvault Vaults_CreateOrUpdate"
    yield from flag("keyvault-purge-protection", "CKV_AZURE_110", vault, "body.properties.enablePurgeProtection", [True, False, None],
                    "azurerm_key_vault", "purge_protection_enabled", {}, {"name": "v"})
    yield from flag("keyvault-public-network", "CKV_AZURE_189", vault, "body.properties.publicNetworkAccess", [("Disabled", False), ("disabled", False), ("Enabled", True), None],
                    "azurerm_key_vault", "public_network_access_enabled", {}, {"name": "v"})
    cluster, kind = "azure containerservice ManagedClusters_CreateOrUpdate", "azurerm_kubernetes_cluster"
    for private, ranges in [(True, None), (False, None), (None, None)]:
        profile = present(enablePrivateCluster=private, authorizedIPRanges=ranges)
        yield case("k8s-public-api", "CKV_AZURE_115", cluster, {"body": {"properties": {"apiServerAccessProfile": profile}}}, kind, {"name": "c", **present(private_cluster_enabled=private)})
    for ranges in [["203.0.113.0/24"], None]:
        yield case("k8s-public-api", "CKV_AZURE_6", cluster, {"body": {"properties": {"apiServerAccessProfile": present(authorizedIPRanges=ranges)}}},
                   kind, {"name": "c", **({"api_server_access_profile": {"authorized_ip_ranges": ranges}} if ranges else {})})
    yield from flag("k8s-rbac", "CKV_AZURE_5", cluster, "body.properties.enableRBAC", [True, False], kind, "role_based_access_control_enabled", {}, {"name": "c"})
    yield from flag("k8s-local-accounts", "CKV_AZURE_141", cluster, "body.properties.disableLocalAccounts", [True, False, None], kind, "local_account_disabled", {}, {"name": "c"})
    registry = "azure containerregistry Registries_Create"
    yield from flag("registry-admin-user", "CKV_AZURE_137", registry, "body.properties.adminUserEnabled", [True, False, None], "azurerm_container_registry", "admin_enabled", {}, {"name": "r"})
    yield from flag("registry-anonymous-pull", "CKV_AZURE_138", registry, "body.properties.anonymousPullEnabled", [True, False, None],
                    "azurerm_container_registry", "anonymous_pull_enabled", {}, {"name": "r", "sku": "Premium"})


def oci():
    tcp = {"tcpOptions": {"destinationPortRange": {"min": 22, "max": 22}}}
    for topic, check, port in [("net-open-ssh", "CKV_OCI_19", 22), ("net-open-rdp", "CKV_OCI_20", 3389)]:
        for protocol, low, high, source in [("6", port, port, "0.0.0.0/0"), ("6", port, port, "10.0.0.0/16"), ("6", 443, 443, "0.0.0.0/0"), ("6", port - 2, port + 2, "0.0.0.0/0"),
                                            ("all", None, None, "0.0.0.0/0"), ("6", None, None, "0.0.0.0/0"), ("1", None, None, "0.0.0.0/0")]:
            options = {"tcpOptions": {"destinationPortRange": {"min": low, "max": high}}} if low else {}
            twin = {"tcp_options": {"min": low, "max": high}} if low else {}
            yield case(topic, check, "oci core.virtual_network CreateSecurityList", {"body": {"ingressSecurityRules": [{"protocol": protocol, "source": source, **options}]}},
                       "oci_core_security_list", {"vcn_id": "v", "ingress_security_rules": {"protocol": protocol, "source": source, **twin}})
    for direction, source in [("INGRESS", "0.0.0.0/0"), ("INGRESS", "10.0.0.0/8"), ("EGRESS", "0.0.0.0/0")]:
        rule = {"direction": direction, "protocol": "6", "source": source, **tcp}
        yield case("net-open-ssh", "CKV_OCI_22", "oci core.virtual_network AddNetworkSecurityGroupSecurityRules", {"networkSecurityGroupId": "n", "body": {"securityRules": [rule]}},
                   "oci_core_network_security_group_security_rule",
                   {"network_security_group_id": "n", "direction": direction, "protocol": "6", "source": source, "tcp_options": {"destination_port_range": {"min": 22, "max": 22}}})
    bucket = "oci object_storage.object_storage CreateBucket"
    yield from flag("object-public-access", "CKV_OCI_10", bucket, "body.publicAccessType", ["ObjectRead", "ObjectReadWithoutList", "NoPublicAccess", None],
                    "oci_objectstorage_bucket", "access_type", {}, {"name": "b"})
    yield from flag("object-versioning", "CKV_OCI_8", bucket, "body.versioning", ["Enabled", "Disabled", None], "oci_objectstorage_bucket", "versioning", {}, {"name": "b"})
    yield from flag("object-cmk", "CKV_OCI_9", bucket, "body.kmsKeyId", ["ocid1.key.oc1..a", None], "oci_objectstorage_bucket", "kms_key_id", {}, {"name": "b"})
    launch = "oci core.compute LaunchInstance"
    yield from flag("instance-imdsv2", "CKV_OCI_5", launch, "body.instanceOptions.areLegacyImdsEndpointsDisabled", [True, False, None],
                    "oci_core_instance", "instance_options.are_legacy_imds_endpoints_disabled")
    yield from flag("volume-in-transit-encryption", "CKV_OCI_4", launch, "body.launchOptions.isPvEncryptionInTransitEnabled", [True, False, None],
                    "oci_core_instance", "launch_options.is_pv_encryption_in_transit_enabled")
    yield from flag("volume-cmk", "CKV_OCI_3", "oci core.blockstorage CreateVolume", "body.kmsKeyId", ["ocid1.key.oc1..a", None], "oci_core_volume", "kms_key_id")
    yield from flag("fileshare-cmk", "CKV_OCI_15", "oci file_storage.file_storage CreateFileSystem", "body.kmsKeyId", ["ocid1.key.oc1..a", None], "oci_file_storage_file_system", "kms_key_id")


def azure_more():
    for actions, scope in [(["*"], "/subscriptions/1"), (["Microsoft.Compute/*/read"], "/subscriptions/1")]:
        yield case("iam-admin-policy", "CKV_AZURE_39", "azure authorization RoleDefinitions_CreateOrUpdate",
                   {"scope": scope, "roleDefinitionId": "r", "body": {"properties": {"permissions": [{"actions": actions}], "assignableScopes": [scope]}}},
                   "azurerm_role_definition", {"name": "r", "scope": scope, "permissions": {"actions": actions}, "assignable_scopes": [scope]})
    for service, kind, check in [("servicebus", "azurerm_servicebus_namespace", "CKV_AZURE_205"), ("eventhub", "azurerm_eventhub_namespace", "CKV_AZURE_223")]:
        yield from flag("tls-min-version", check, f"azure {service} Namespaces_CreateOrUpdate", "body.properties.minimumTlsVersion", ["1.0", "1.1", "1.2"],
                        kind, "minimum_tls_version", {}, {"name": "n"})
    yield from flag("db-public-access", "CKV_AZURE_53", "azure mysqlflexibleservers Servers_Create", "body.properties.network.publicNetworkAccess",
                    [("Enabled", True), ("Disabled", False), None], "azurerm_mysql_server", "public_network_access_enabled", {}, {"name": "s"})
    yield from flag("db-geo-backup", "CKV_AZURE_94", "azure mysqlflexibleservers Servers_Create", "body.properties.backup.geoRedundantBackup",
                    [("Enabled", True), ("Disabled", False), None], "azurerm_mysql_flexible_server", "geo_redundant_backup_enabled", {}, {"name": "s"})
    subnet, twin = "azure network Subnets_CreateOrUpdate", {"name": "s", "virtual_network_name": "v", "resource_group_name": "g", "address_prefixes": ["10.0.0.0/24"]}
    yield case("subnet-nsg", "CKV2_AZURE_31", subnet, {"subnetName": "s", "body": {"properties": {"addressPrefix": "10.0.0.0/24"}}}, "azurerm_subnet", twin)
    yield case("subnet-nsg", "CKV2_AZURE_31", subnet, {"subnetName": "AzureFirewallSubnet", "body": {"properties": {"addressPrefix": "10.0.0.0/24"}}},
               "azurerm_subnet", {**twin, "name": "AzureFirewallSubnet"})
    for start, end in [("0.0.0.0", "0.0.0.0"), ("10.0.0.4", "10.0.0.8")]:
        yield case("db-open-firewall", "CKV2_AZURE_34", "azure sql FirewallRules_CreateOrUpdate", {"body": {"properties": {"startIpAddress": start, "endIpAddress": end}}},
                   "azurerm_mssql_firewall_rule", {"name": "f", "start_ip_address": start, "end_ip_address": end, "server_id": "s"})
